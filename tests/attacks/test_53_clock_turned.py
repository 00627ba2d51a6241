"""Attack 53: the clock of one side is turned, by a false time server or by hand.

A correct system takes the wall clock once, when a channel begins, and counts on from there with a clock that nobody
turns; a channel that begins with clocks too far apart does not come about (PROTOCOL §6.6).
"""

import time
from collections.abc import Callable

import pytest

from framework import ChannelError
from framework.aio.clock import ChannelClock
from framework.events import FailureReason
from tests.attacks.scene import CTR, DES3, OPENING_BALANCE, Stage, withdraw

HOUR = 3600.0


def turned(seconds: float) -> Callable[[], float]:
    return lambda: time.time() + seconds


@pytest.mark.parametrize(("suite", "seconds"), [(DES3, HOUR), (CTR, -HOUR)])
async def test_in_mid_session(stage: Stage, suite: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(suite) as scene:
        session, _ = await scene.open_victim()
        now = turned(seconds)()
        monkeypatch.setattr("time.time", lambda: now)
        monkeypatch.setattr(ChannelClock.__init__, "__defaults__", (lambda: now,))
        await session.ask(withdraw(10_00))
        assert await session.balance() == OPENING_BALANCE - 10_00
        assert scene.failures() == []


@pytest.mark.parametrize("seconds", [HOUR, -HOUR, 32.0, -32.0])
async def test_before_the_session(stage: Stage, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's clock alone is wrong: the bank refuses without a word, and the bystander is not concerned."""
    async with stage(CTR) as scene:
        monkeypatch.setattr("framework.aio.stream.ChannelClock", lambda: ChannelClock(turned(seconds)))
        with pytest.raises(ChannelError) as raised:
            await scene.open_session()
        assert raised.value.reason == FailureReason.CONNECTION
        line = await scene.proxy.next_line()
        assert scene.failures_at_bank(line.bank) == [FailureReason.CLOCK]
        assert line.bank.byte_count == 0
