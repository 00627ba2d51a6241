"""Attack 20: a key_update is injected, dropped, doubled or moved, so that the two sides use different keys.

In asyncssh a disturbed rekeying could hang both sides (its issues 725 and 662). A correct system steps one way and
waits for no answer: the first record that does not fit ends the channel, and nobody waits (PROTOCOL §6.5).
"""

import asyncio
import os
from collections.abc import Callable
from typing import NamedTuple

import pytest

from framework.events import FailureReason
from framework.limits import Limits
from tests.attacks.hostile_proxy import RECORD, frame
from tests.attacks.scene import (
    BOTH_SIDES,
    CTR,
    DES3,
    GCM,
    OPENING_BALANCE,
    Stage,
    fail_silently_together,
    fails_silently,
    stays_silent,
)

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


@pytest.mark.parametrize(("suite", "side"), [(DES3, "bank"), (CTR, "bank"), (CTR, "client"), (GCM, "bank")])
async def test_disturbed(stage: Stage, suite: str, side: str) -> None:
    async with stage(suite, LIMITS[suite]) as scene:
        victims, faults = [], []
        for disturb in DISTURBANCES.values():
            session, line = await scene.open_victim()
            for _ in range(2):
                await session.balance()
            sender = line.across(side)
            before = sender.frames[-1]
            sender.hold()
            await session.send(session.card.request())
            key_update, after = await sender.take(), await sender.take()
            victims.append((session, line))
            faults.append((line.side(side), disturb(Seen(before, key_update, after))))
        await fail_silently_together(faults)
        for name, (session, line) in zip(DISTURBANCES, victims, strict=True):
            assert await scene.why(side, session, line) is FailureReason.AUTHENTICATION, name
        assert scene.balance() == OPENING_BALANCE


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_recorded_key_update_when_none_is_due(stage: Stage, suite: str, side: str) -> None:
    async with stage(suite, LIMITS[suite]) as scene:
        session, line = await scene.open_victim()
        for _ in range(3):
            await session.balance()
        sender, victim = line.across(side), line.side(side)
        key_update = sender.frames[-2]
        await fails_silently(victim, lambda: victim.give(key_update))
        assert await scene.why(side, session, line) is FailureReason.AUTHENTICATION


@pytest.mark.parametrize("side", BOTH_SIDES)
async def test_held_back_it_delays_and_hangs_nothing(stage: Stage, side: str) -> None:
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
        assert not asking.done()
        victim.give(key_update)
        await stays_silent(victim, 0.1)
        victim.give(sender.frames[-1])
        sender.release()
        assert await asking == OPENING_BALANCE
        for _ in range(10):
            assert await session.balance() == OPENING_BALANCE
        assert scene.failures() == []
