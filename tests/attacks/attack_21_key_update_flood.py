"""Attack 21: a peer with the right keys sends key_update after key_update, and each costs the other a key schedule."""

import dataclasses

from framework.kinds.bulk_cipher import GuardedBulkCipher
from framework.kinds.mac import GuardedMac
from framework.limits import Limits
from framework.protection import EncryptThenMac
from tests.attacks.attack import (
    BANK,
    BOTH_SIDES,
    CLIENT,
    LIMIT,
    Attack,
    Side,
    expect_same,
    refused,
    rows,
    variants,
)
from tests.attacks.requests import CTR, DES3, GCM
from tests.attacks.stage import Stage
from tests.support.spies import Record, SpyCipher, SpyMac

LIMITS = {CTR: Limits(max_inner=256, epoch_limit=1024), GCM: Limits(max_inner=256, epoch_limit=4)}


async def the_first_is_one_too_many(stage: Stage, suite: str, side: Side) -> None:
    """At the limits of the suite; a hundred are ready."""
    async with stage(suite) as scene:
        traitor = await scene.betray(side)
        flood = traitor.rogue.key_update()
        for _ in range(99 if suite != DES3 else 3):
            traitor.rogue.sends.step()
            flood += traitor.rogue.key_update()
        await scene.refuses(traitor.victim, flood)


async def no_key_is_made_for_it(stage: Stage) -> None:
    """A spy at the keys of the bank sees none that is new."""
    spy = Record()
    protection = EncryptThenMac(GuardedBulkCipher(SpyCipher(spy), "spy"), GuardedMac(SpyMac(spy), "spy"))
    async with stage(dataclasses.replace(stage.suite(CTR), protection=protection)) as scene:
        traitor = await scene.betray(BANK)
        made = len(spy.mac_keys)
        await scene.refuses(traitor.victim, traitor.rogue.key_update())
        expect_same(len(spy.mac_keys), made, "keys that were made")


async def a_second_behind_one_that_was_due(stage: Stage, suite: str, side: Side) -> None:
    async with stage(suite, LIMITS[suite]) as scene:
        traitor = await scene.betray(side)
        await traitor.talk(2)
        due = traitor.rogue.key_update()
        traitor.rogue.sends.step()
        second = traitor.rogue.key_update()
        traitor.victim.give(due)
        await scene.refuses(traitor.victim, second)


async def one_record_before_it_is_due(stage: Stage, side: Side, records: int) -> None:
    """With room for a largest record and the key_update behind it, no honest sender needs one yet."""
    async with stage(CTR, LIMITS[CTR]) as scene:
        traitor = await scene.betray(side)
        await traitor.talk(records)
        await scene.refuses(traitor.victim, traitor.rogue.key_update())


ATTACK = Attack(
    21,
    "Flooding with changes of keys",
    "§6.5",
    "has the right keys, and sends key_update after key_update, each of which costs the other side a key schedule",
    "The receiver holds the sender to the arithmetic by which a key_update is due: the first that comes before is "
    "fatal, so a flood is as costly as the data that it pretends to follow.",
    (
        *variants(
            the_first_is_one_too_many,
            rows("suite side", (DES3, BANK), (CTR, BANK), (CTR, CLIENT), (GCM, BANK), (GCM, CLIENT)),
            expected=lambda side: refused(side, LIMIT),
        ),
        *variants(no_key_is_made_for_it, expected=refused(BANK, LIMIT)),
        *variants(
            a_second_behind_one_that_was_due,
            suite=(CTR, GCM),
            side=BOTH_SIDES,
            expected=lambda side: refused(side, LIMIT),
        ),
        *variants(
            one_record_before_it_is_due,
            side=BOTH_SIDES,
            records=(0, 1),
            expected=lambda side: refused(side, LIMIT),
        ),
    ),
)
