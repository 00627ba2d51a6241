"""Attack 10: a message is held back, and delivered later than the two clocks may differ.

A correct system carries a timestamp under every tag and refuses what is older than the permitted skew, though
position and tag are right (PROTOCOL §4.8, §6.6).
"""

import asyncio

import pytest

from framework import ChannelError
from framework.aio.clock import ChannelClock
from framework.events import FailureReason
from framework.limits import SKEW_MS, Limits
from tests.attacks.scene import (
    BOTH_SIDES,
    CTR,
    DES3,
    GCM,
    OPENING_BALANCE,
    Session,
    Stage,
    fail_silently_together,
    fails_silently,
    now_ms,
    withdraw,
)

SKEW, DELAY = 1500, 1.8
"""A short skew in milliseconds, and more than that in seconds."""


@pytest.mark.parametrize("suite", [DES3, CTR, GCM])
async def test_each_kind_of_message(stage: Stage, suite: str) -> None:
    """Withdrawal, answer, M1, M2 and M3 are held at the same time, each on a line of its own."""
    async with stage(suite, Limits(skew_ms=SKEW)) as scene:
        asking, asking_line = await scene.open_victim()
        asking_line.client.hold()
        await asking.send(withdraw(10_00))
        withdrawal = await asking_line.client.take()

        answered, answered_line = await scene.open_victim()
        answered_line.bank.hold()
        await answered.send(withdraw(1_00))
        answer = await answered_line.bank.take()

        scene.proxy.holds = True
        openings, lines = [], []
        for _ in range(3):
            openings.append(asyncio.create_task(scene.open_session()))
            lines.append(await scene.proxy.next_line())
        to_m1, to_m2, to_m3 = lines
        m1 = await to_m1.client.take()
        to_m2.bank.give(await to_m2.client.take())
        m2 = await to_m2.bank.take()
        to_m3.bank.give(await to_m3.client.take())
        to_m3.client.give(await to_m3.bank.take())
        m3 = await to_m3.client.take()

        await asyncio.sleep(DELAY)
        victims = {
            asking_line.bank: withdrawal,
            answered_line.client: answer,
            to_m1.bank: m1,
            to_m2.client: m2,
            to_m3.bank: m3,
        }
        await fail_silently_together(victims.items())
        for bank in (asking_line.bank, to_m1.bank, to_m3.bank):
            assert scene.failures_at_bank(bank) == [FailureReason.CLOCK]
        assert await answered.failure() is FailureReason.CLOCK
        assert await reason(openings[1]) is FailureReason.CLOCK
        to_m1.client.give_rst()
        assert await reason(openings[0]) is FailureReason.CONNECTION
        await openings[2]
        assert scene.balance() == OPENING_BALANCE - 1_00


class ShiftedClock(ChannelClock):
    """A clock that is so many milliseconds ahead, or behind."""

    def __init__(self, shift: int) -> None:
        super().__init__()
        self._shift = shift

    def now(self) -> int:
        return super().now() + self._shift


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize("suite", [GCM])
async def test_thirty_seconds_and_no_more(stage: Stage, suite: str, side: str, sign: int) -> None:
    """The real limit: the victim's clock is turned instead of waiting, first by a second less, then by one more."""
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        connection = session.connection if side == "client" else scene.bank_side(line.bank)
        connection._clock = ShiftedClock(sign * (SKEW_MS - 1000))
        assert await session.balance() == OPENING_BALANCE
        connection._clock = ShiftedClock(0)
        line.across(side).hold()
        await session.send(withdraw(10_00))
        late = await line.across(side).take()
        connection._clock = ShiftedClock(sign * (SKEW_MS + 1000))
        await fails_silently(line.side(side), lambda: line.side(side).give(late))
        assert await scene.why(side, session, line) is FailureReason.CLOCK


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_timestamp_older_than_the_one_before_it(stage: Stage, suite: str) -> None:
    """From a client that has the keys: inside the skew, but time went back."""
    async with stage(suite) as scene:
        puppet = await scene.open_puppet()
        await puppet.show_card()
        writer = puppet.channel._records.writer  # type: ignore[union-attr]
        writer._last_timestamp = 0
        puppet.channel.send(b"{}", now_ms() - 2000)
        old = puppet.channel.data_to_send()
        await fails_silently(puppet.bank, lambda: puppet.bank.give(old))
        assert scene.failures_at_bank(puppet.bank) == [FailureReason.CLOCK]


async def reason(opening: "asyncio.Task[Session]") -> FailureReason:
    with pytest.raises(ChannelError) as raised:
        await opening
    return FailureReason(raised.value.reason)
