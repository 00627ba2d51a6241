"""Attack 21: a peer with the right keys sends key_update after key_update, and each costs the other a key schedule.

A correct system holds the peer to the arithmetic by which a key_update is due: the first that comes before is fatal,
so a flood is as costly as the data it pretends to follow (PROTOCOL §6.5).
"""

import pytest

from framework.events import FailureReason
from framework.limits import Limits
from tests.attacks import malice
from tests.attacks.scene import BOTH_SIDES, CTR, DES3, GCM, OPENING_BALANCE, Stage, fails_silently

LIMITS = {CTR: Limits(max_inner=256, epoch_limit=1024), GCM: Limits(max_inner=256, epoch_limit=4)}


@pytest.mark.parametrize(
    ("suite", "side"), [(DES3, "bank"), (CTR, "bank"), (CTR, "client"), (GCM, "bank"), (GCM, "client")]
)
async def test_the_first_is_one_too_many(stage: Stage, suite: str, side: str) -> None:
    """At the limits of the suite; a hundred are ready, and the victim makes no key for any of them."""
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        peer = malice.channel_against(side, scene, session, line)
        flood = malice.key_update(peer)
        for _ in range(99 if suite != DES3 else 3):
            malice.step(peer)
            flood += malice.key_update(peer)
        victim = session.connection.channel if side == "client" else scene.bank_side(line.bank).channel
        assert victim._records is not None
        epoch = victim._records.reader._epoch
        await fails_silently(line.side(side), lambda: line.side(side).give(flood))
        assert epoch.epoch == 0
        assert await scene.why(side, session, line) is FailureReason.LIMIT
        assert scene.balance() == OPENING_BALANCE


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_a_second_behind_one_that_was_due(stage: Stage, suite: str, side: str) -> None:
    async with stage(suite, LIMITS[suite]) as scene:
        session, line = await scene.open_victim()
        for _ in range(2):
            await session.balance()
        peer = malice.channel_against(side, scene, session, line)
        due = malice.key_update(peer)
        malice.step(peer)
        second = malice.key_update(peer)
        line.side(side).give(due)
        await fails_silently(line.side(side), lambda: line.side(side).give(second))
        assert await scene.why(side, session, line) is FailureReason.LIMIT


@pytest.mark.parametrize("records", [0, 1])
@pytest.mark.parametrize("side", BOTH_SIDES)
async def test_one_record_before_it_is_due(stage: Stage, side: str, records: int) -> None:
    """With room for a largest record and the key_update behind it, no honest sender needs one yet."""
    async with stage(CTR, LIMITS[CTR]) as scene:
        session, line = await scene.open_victim()
        for _ in range(records):
            await session.balance()
        peer = malice.channel_against(side, scene, session, line)
        await fails_silently(line.side(side), lambda: line.side(side).give(malice.key_update(peer)))
        assert await scene.why(side, session, line) is FailureReason.LIMIT
