"""Attack 4: what a side has sent is sent back to it.

A correct system has other keys in each direction, as the two halves of Noise's Split: a reflected record does not
verify even where its position is the one that is awaited; a reflected message of the handshake is out of place
(PROTOCOL §4.6, §7).
"""

import asyncio

import pytest

from framework import ChannelError
from framework.events import FailureReason
from tests.attacks.scene import BOTH_SIDES, CTR, DES3, GCM, OPENING_BALANCE, Stage, fails_silently, withdraw


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize("suite", [DES3, CTR, GCM])
async def test_record_at_the_position_that_is_awaited(stage: Stage, suite: str, side: str) -> None:
    """A client that awaits its answer stands there by itself; the bank never does, so its reader is set back."""
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        victim = line.side(side)
        if side == "client":
            line.client.hold()
            await session.send(withdraw(10_00))
            own = await line.client.take()
        else:
            await session.ask(withdraw(10_00))
            line.bank.hold()
            await session.send(withdraw(10_00))
            await line.bank.take()
            own = line.bank.frames[-2]
            scene.bank_side(line.bank).channel._records.reader._epoch.sequence = 1  # type: ignore[union-attr]
        before = scene.balance()
        await fails_silently(victim, lambda: victim.give(own))
        assert await scene.why(side, session, line) is FailureReason.AUTHENTICATION
        assert scene.balance() == before


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_m1_to_the_client(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        scene.proxy.impersonates = scene.proxy.holds = True
        opening = asyncio.create_task(scene.open_session())
        line = await scene.proxy.next_line()
        m1 = await line.client.take()
        await fails_silently(line.client, lambda: line.client.give(m1))
        with pytest.raises(ChannelError) as raised:
            await opening
        assert raised.value.reason == FailureReason.MALFORMED


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_m2_to_the_bank(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        bank = await scene.proxy.dial()
        bank.give(scene.fresh_m1())
        m2 = await bank.take()
        await fails_silently(bank, lambda: bank.give(m2))
        assert scene.failures_at_bank(bank) == [FailureReason.MALFORMED]
        assert scene.balance() == OPENING_BALANCE


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_m3_to_the_client(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        await fails_silently(line.client, lambda: line.client.give(line.client.frames[1]))
        assert await session.failure() is FailureReason.MALFORMED
