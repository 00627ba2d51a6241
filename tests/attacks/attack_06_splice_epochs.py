"""Attack 6: a record of an earlier epoch is put at the same position of a later one, or the other way round."""

from framework.limits import Limits
from tests.attacks.attack import AUTHENTICATION, BANK, BOTH_SIDES, Attack, Side, expect_same, refused, variants
from tests.attacks.people import Session
from tests.attacks.requests import CTR, DES3, GCM, OPENING_BALANCE
from tests.attacks.rogue import DATA, inner
from tests.attacks.scene import Scene
from tests.attacks.stage import Stage

RECORDS = 3
"""Records that an epoch holds, its key_update not counted, with these limits."""

SMALL_EPOCHS = {
    DES3: Limits(max_inner=256, epoch_limit=(RECORDS + 1) * 256),
    CTR: Limits(max_inner=256, epoch_limit=(RECORDS + 1) * 256),
    GCM: Limits(max_inner=256, epoch_limit=RECORDS + 1),
}


async def stand_in_the_next_epoch(session: Session, position: int) -> None:
    """Ask so often that both directions have stepped once and await the record at `position`."""
    for _ in range(RECORDS + position - 1):  # the card was the first record
        expect_same(await session.balance(), OPENING_BALANCE, "the balance")


async def splice(scene: Scene, side: Side, position: int) -> None:
    session, line = await scene.open_victim()
    await stand_in_the_next_epoch(session, position)
    sender, victim = line.across(side), line.side(side)
    sender.hold()
    await session.send(session.card.request())
    fresh = [await sender.take()]
    if position == 0:
        victim.give(fresh[0])  # the key_update; then the first record of the next epoch is due
        fresh.append(await sender.take())
    handshake = 2 if side == BANK else 1
    old = sender.frames[handshake + position]
    expect_same(len(old), len(fresh[-1]), "the size of the old record")
    await scene.refuses(victim, old)


async def old_record_at_its_position_in_the_next_epoch(stage: Stage, suite: str, side: Side) -> None:
    async with stage(suite, SMALL_EPOCHS[suite]) as scene:
        for position in [1] if suite == DES3 else range(RECORDS):
            await splice(scene, side, position)


async def the_number_of_the_epoch_suffices_by_itself(stage: Stage, suite: str, side: Side) -> None:
    """A peer that has the right keys of the next epoch seals under the number of the one before: it does not verify."""
    async with stage(suite, SMALL_EPOCHS[suite]) as scene:
        traitor = await scene.betray(side)
        await traitor.talk(RECORDS)
        traitor.rogue.sends.epoch -= 1
        await scene.refuses(traitor.victim, traitor.rogue.seal(inner(DATA, b"{}")))


async def the_keys_of_the_epoch_suffice_by_themselves(stage: Stage, suite: str, side: Side) -> None:
    """A peer that seals under the right number, with the keys of the epoch before, fails likewise."""
    async with stage(suite, SMALL_EPOCHS[suite]) as scene:
        traitor = await scene.betray(side)
        sends = traitor.rogue.sends
        old_secret = sends.ts
        await traitor.talk(RECORDS)
        expect_same(sends.epoch, 1, "the epoch")
        sends.seal = sends.parts.protect(old_secret)
        await scene.refuses(traitor.victim, traitor.rogue.seal(inner(DATA, b"{}")))


async def record_of_the_next_epoch_before_its_key_update(stage: Stage, suite: str, side: Side) -> None:
    async with stage(suite, SMALL_EPOCHS[suite]) as scene:
        session, line = await scene.open_victim()
        await stand_in_the_next_epoch(session, 0)
        sender = line.across(side)
        sender.hold()
        await session.send(session.card.request())
        key_update, early = await sender.take(), await sender.take()
        await scene.refuses(line.side(side), early + key_update)


ATTACK = Attack(
    6,
    "Splicing two epochs",
    "§6.1, §6.4, §6.5",
    "puts a record of an earlier epoch at its position in a later one, or one of the next epoch before its key_update",
    "Every epoch has keys of its own, and its number is under the tag; each of the two alone is enough.",
    (
        *variants(
            old_record_at_its_position_in_the_next_epoch,
            suite=(DES3, CTR, GCM),
            side=BOTH_SIDES,
            expected=lambda side: refused(side, AUTHENTICATION),
        ),
        *(
            case
            for play in (
                the_number_of_the_epoch_suffices_by_itself,
                the_keys_of_the_epoch_suffice_by_themselves,
                record_of_the_next_epoch_before_its_key_update,
            )
            for case in variants(
                play, suite=(CTR, GCM), side=BOTH_SIDES, expected=lambda side: refused(side, AUTHENTICATION)
            )
        ),
    ),
)
