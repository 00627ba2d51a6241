"""Attack 11: messages are held back for less than the clocks may differ, and then let go.

No channel can tell that from a slow network. A correct system takes them late, in order, and once: this is what it
promises and no more (PROTOCOL §6.6).
"""

import asyncio

import pytest

from app.protocol.messages import Accepted
from framework.events import FailureReason
from tests.attacks.scene import CTR, DES3, GCM, OPENING_BALANCE, Stage, fails_silently, stays_silent, withdraw

DELAY = 0.3


@pytest.mark.parametrize("suite", [DES3, CTR, GCM])
async def test_late_in_order_and_once(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        line.client.hold()
        for amount in (1_00, 2_00, 4_00):
            await session.send(withdraw(amount))
        held = [await line.client.take() for _ in range(3)]
        await stays_silent(line.bank, DELAY)
        assert scene.balance() == OPENING_BALANCE

        line.bank.give(b"".join(held))
        balances = [reply.balance for reply in [await session.reply() for _ in held] if isinstance(reply, Accepted)]
        assert balances == [OPENING_BALANCE - spent for spent in (1_00, 3_00, 7_00)]

        await fails_silently(line.bank, lambda: line.bank.give(held[-1]))
        assert scene.failures_at_bank(line.bank) == [FailureReason.AUTHENTICATION]
        assert scene.balance() == OPENING_BALANCE - 7_00


@pytest.mark.parametrize("suite", [DES3, GCM])
async def test_every_message_of_a_session_late(stage: Stage, suite: str) -> None:
    """Each of M1, M2, M3 and the records on its own is delayed, and the session is as any other."""
    async with stage(suite) as scene:
        scene.proxy.holds = True
        talking = asyncio.create_task(scene.open_session())
        line = await scene.proxy.next_line()
        for sender, receiver in ((line.client, line.bank), (line.bank, line.client), (line.client, line.bank)):
            message = await sender.take()
            await asyncio.sleep(0.1)
            receiver.give(message)
        session = await talking
        for request in (session.card.request(), withdraw(10_00)):
            await session.send(request)
            for sender, receiver in ((line.client, line.bank), (line.bank, line.client)):
                message = await sender.take()
                await asyncio.sleep(0.1)
                receiver.give(message)
            await session.reply()
        assert scene.balance() == OPENING_BALANCE - 10_00
