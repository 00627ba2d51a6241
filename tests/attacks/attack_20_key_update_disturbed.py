"""Attack 20: a key_update is injected, dropped, doubled or moved, so that the two sides use different keys."""

import asyncio
import os
from collections.abc import Callable
from typing import NamedTuple

from framework.limits import Limits
from tests.attacks.attack import (
    AUTHENTICATION,
    BANK,
    BOTH_SIDES,
    CLIENT,
    SERVED,
    Attack,
    Side,
    expect,
    expect_same,
    refused,
    rows,
    variants,
)
from tests.attacks.network import RECORD, frame
from tests.attacks.requests import CTR, DES3, GCM, OPENING_BALANCE
from tests.attacks.scene import stays_silent
from tests.attacks.stage import Stage

LIMITS = {
    DES3: Limits(max_inner=256, epoch_limit=1024),
    CTR: Limits(max_inner=256, epoch_limit=1024),
    GCM: Limits(max_inner=256, epoch_limit=4),
}
"""Three records and a key_update in an epoch."""


class Seen(NamedTuple):
    """What the attacker has recorded: a record, and then the key_update with the record behind it."""

    before: bytes
    update: bytes
    after: bytes

    def noise(self) -> bytes:
        """A frame of the same size that is nothing."""
        return frame(RECORD, os.urandom(len(self.update) - 8))


DISTURBANCES: dict[str, Callable[[Seen], bytes]] = {
    "dropped": lambda seen: seen.after,
    "doubled": lambda seen: seen.update + seen.update + seen.after,
    "moved back": lambda seen: seen.after + seen.update,
    "replaced by a record": lambda seen: seen.before + seen.after,
    "injected noise before": lambda seen: seen.noise() + seen.update + seen.after,
    "injected noise after": lambda seen: seen.update + seen.noise() + seen.after,
    "cut in half": lambda seen: seen.update[: len(seen.update) // 2] + seen.after,
}
"""What the victim gets in the place of key_update and record."""


async def disturbed(stage: Stage, suite: str, side: Side) -> None:
    async with stage(suite, LIMITS[suite]) as scene:
        faults = []
        for disturb in DISTURBANCES.values():
            session, line = await scene.open_victim()
            for _ in range(2):
                await session.balance()
            sender = line.across(side)
            before = sender.frames[-1]
            sender.hold()
            await session.send(session.card.request())
            key_update, after = await sender.take(), await sender.take()
            faults.append((line.side(side), disturb(Seen(before, key_update, after))))
        await scene.refuse_all(faults)


async def recorded_key_update_when_none_is_due(stage: Stage, suite: str, side: Side) -> None:
    async with stage(suite, LIMITS[suite]) as scene:
        session, line = await scene.open_victim()
        for _ in range(3):
            await session.balance()
        await scene.refuses(line.side(side), line.across(side).frames[-2])


async def held_back_it_delays_and_hangs_nothing(stage: Stage, side: Side) -> None:
    """Without an answer there is nothing to wait for: what is held arrives later, and other traffic goes on."""
    async with stage(CTR, LIMITS[CTR]) as scene:
        session, line = await scene.open_victim()
        for _ in range(2):
            await session.balance()
        sender, victim = line.across(side), line.side(side)
        sender.hold()
        asking = asyncio.create_task(session.balance())
        key_update = await sender.take()
        await sender.take()
        await stays_silent(victim, 0.2)
        expect(not asking.done(), "nothing is answered while the key_update is held")
        victim.give(key_update)
        await stays_silent(victim, 0.1)
        victim.give(sender.frames[-1])
        sender.release()
        seen = [await asking, *[await session.balance() for _ in range(10)]]
        expect_same(seen, [OPENING_BALANCE] * 11, "the balances in the answers")
        expect_same(scene.log.failures, [], "what has failed")


ATTACK = Attack(
    20,
    "Disturbing the change of keys",
    "§6.5",
    "injects, drops, doubles, moves or holds back a key_update, so that the two sides use different keys; in asyncssh "
    "that could hang both (its issues 725 and 662)",
    "A change of keys goes one way and waits for no answer: the first record that does not fit ends the channel.",
    (
        *variants(
            disturbed,
            rows("suite side", (DES3, BANK), (CTR, BANK), (CTR, CLIENT), (GCM, BANK)),
            expected=lambda side: refused(side, AUTHENTICATION),
        ),
        *variants(
            recorded_key_update_when_none_is_due,
            suite=(CTR, GCM),
            side=BOTH_SIDES,
            expected=lambda side: refused(side, AUTHENTICATION),
        ),
        *variants(held_back_it_delays_and_hangs_nothing, side=BOTH_SIDES, expected=SERVED),
    ),
)
