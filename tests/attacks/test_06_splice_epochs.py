"""Attack 6: a record of an earlier epoch is put at the same position of a later one, or the other way round.

A correct system keys every epoch anew and puts the epoch's number under the tag; each of the two alone is enough
(PROTOCOL §6.1, §6.4, §6.5).
"""

import pytest

from framework.events import FailureReason
from framework.limits import Limits
from framework.secret import Secret
from tests.attacks.scene import BOTH_SIDES, CTR, DES3, GCM, OPENING_BALANCE, Scene, Session, Stage, fails_silently

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
        assert await session.balance() == OPENING_BALANCE


async def splice(scene: Scene, side: str, position: int) -> FailureReason:
    session, line = await scene.open_victim()
    await stand_in_the_next_epoch(session, position)
    sender, victim = line.across(side), line.side(side)
    sender.hold()
    await session.send(session.card.request())
    fresh = [await sender.take()]
    if position == 0:
        victim.give(fresh[0])  # the key_update; then the first record of the next epoch is due
        fresh.append(await sender.take())
    handshake = 2 if side == "bank" else 1
    old = sender.frames[handshake + position]
    assert len(old) == len(fresh[-1])
    await fails_silently(victim, lambda: victim.give(old))
    return await scene.why(side, session, line)


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize("suite", [DES3, CTR, GCM])
async def test_old_record_at_its_position_in_the_next_epoch(stage: Stage, suite: str, side: str) -> None:
    async with stage(suite, SMALL_EPOCHS[suite]) as scene:
        for position in [1] if suite == DES3 else range(RECORDS):
            assert await splice(scene, side, position) is FailureReason.AUTHENTICATION
        assert scene.balance() == OPENING_BALANCE


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_the_number_of_the_epoch_suffices_by_itself(
    stage: Stage, suite: str, side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the keys of all epochs the same, the number under the tag would still tell them apart."""
    monkeypatch.setattr("framework.record.epoch.next_traffic_secret", lambda secret: Secret(secret.expose()))
    async with stage(suite, SMALL_EPOCHS[suite]) as scene:
        assert await splice(scene, side, 1) is FailureReason.AUTHENTICATION


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_the_keys_of_the_epoch_suffice_by_themselves(
    stage: Stage, suite: str, side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the number not under the tag, the keys would still tell the epochs apart."""
    monkeypatch.setattr(
        "framework.record.epoch.EpochKeys.position", lambda epoch: bytes(4) + epoch.sequence.to_bytes(8)
    )
    async with stage(suite, SMALL_EPOCHS[suite]) as scene:
        assert await splice(scene, side, 1) is FailureReason.AUTHENTICATION


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_record_of_the_next_epoch_before_its_key_update(stage: Stage, suite: str, side: str) -> None:
    async with stage(suite, SMALL_EPOCHS[suite]) as scene:
        session, line = await scene.open_victim()
        await stand_in_the_next_epoch(session, 0)
        sender, victim = line.across(side), line.side(side)
        sender.hold()
        await session.send(session.card.request())
        key_update, early = await sender.take(), await sender.take()
        await fails_silently(victim, lambda: victim.give(early + key_update))
        assert await scene.why(side, session, line) is FailureReason.AUTHENTICATION
