"""Attack 3: two messages change places on the way.

A correct system has one order, that of the sequence numbers under the tag, and fails at the first message that stands
in the wrong place; nothing of it is acted on (PROTOCOL §6.1, §7).
"""

import asyncio

import pytest

from framework import ChannelError
from framework.events import FailureReason
from tests.attacks.scene import BOTH_SIDES, CTR, DES3, GCM, OPENING_BALANCE, Stage, fails_silently, withdraw


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize(("suite", "in_one_packet"), [(DES3, False), (CTR, False), (GCM, False), (GCM, True)])
async def test_records(stage: Stage, suite: str, side: str, *, in_one_packet: bool) -> None:
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        sender, victim = line.across(side), line.side(side)
        sender.hold()
        await session.send(withdraw(1_00))
        await session.send(withdraw(2_00))
        first, second = await sender.take(), await sender.take()
        await fails_silently(victim, lambda: victim.give(second + first if in_one_packet else second))
        assert await scene.why(side, session, line) is FailureReason.AUTHENTICATION
        # The bank that is attacked has carried out neither; the client's bank carried out both before its answers.
        assert scene.balance() == OPENING_BALANCE - (0 if side == "bank" else 3_00)


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_record_before_m3(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        scene.proxy.holds = True
        opening = asyncio.create_task(scene.open_session())
        line = await scene.proxy.next_line()
        line.bank.give(await line.client.take())
        line.client.give(await line.bank.take())
        session = await opening
        m3 = await line.client.take()
        await session.send(session.card.request())
        record = await line.client.take()
        await fails_silently(line.bank, lambda: line.bank.give(record + m3))
        assert scene.failures_at_bank(line.bank) == [FailureReason.MALFORMED]


async def test_record_before_m2(stage: Stage) -> None:
    async with stage(GCM) as scene:
        _, earlier = await scene.open_victim()
        scene.proxy.holds = True
        opening = asyncio.create_task(scene.open_session())
        line = await scene.proxy.next_line()
        line.bank.give(await line.client.take())
        m2 = await line.bank.take()
        await fails_silently(line.client, lambda: line.client.give(earlier.bank.frames[-1] + m2))
        with pytest.raises(ChannelError) as raised:
            await opening
        assert raised.value.reason == FailureReason.MALFORMED
