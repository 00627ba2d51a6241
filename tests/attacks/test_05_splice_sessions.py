"""Attack 5: a message of one session is put in the place of its counterpart in another.

Both sessions are the same person's, at the same position, with the same suite and bank. A correct system derives
every key from the whole transcript of its own handshake, so nothing of one session means anything in another
(PROTOCOL §4.4 to §4.6).
"""

import asyncio

import pytest

from app.protocol.messages import Accepted
from framework import ChannelError
from framework.events import FailureReason
from tests.attacks.scene import BOTH_SIDES, CTR, DES3, GCM, OPENING_BALANCE, Session, Stage, fails_silently, withdraw


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize("suite", [DES3, CTR, GCM])
async def test_record(stage: Stage, suite: str, side: str) -> None:
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        other, others_line = await scene.open_victim()
        request = withdraw(10_00)
        line.across(side).hold()
        others_line.across(side).hold()
        await session.send(request)
        await other.send(request)
        await line.across(side).take()
        foreign = await others_line.across(side).take()
        await fails_silently(line.side(side), lambda: line.side(side).give(foreign))
        assert await scene.why(side, session, line) is FailureReason.AUTHENTICATION
        others_line.across(side).release()
        others_line.side(side).give(foreign)
        assert isinstance(await other.reply(), Accepted)
        assert scene.balance() == OPENING_BALANCE - 10_00


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_m1(stage: Stage, suite: str) -> None:
    """The bank answers the other client's M1, and this client does not take the answer for its own."""
    async with stage(suite) as scene:
        scene.proxy.holds = True
        opening = asyncio.create_task(scene.open_session())
        line = await scene.proxy.next_line()
        await line.client.take()
        line.bank.give(scene.fresh_m1())
        m2 = await line.bank.take()
        await fails_silently(line.client, lambda: line.client.give(m2))
        assert await reason(opening) is FailureReason.AUTHENTICATION


@pytest.mark.parametrize("suite", [DES3, GCM])
async def test_m2_and_m3_exchanged_between_two_handshakes(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        scene.proxy.holds = True
        openings, lines = [], []
        for _ in range(3):
            openings.append(asyncio.create_task(scene.open_session()))
            line = await scene.proxy.next_line()
            line.bank.give(await line.client.take())
            lines.append(line)
        foreign_m2 = await lines[1].bank.take()
        await fails_silently(lines[0].client, lambda: lines[0].client.give(foreign_m2))
        assert await reason(openings[0]) is FailureReason.AUTHENTICATION

        lines[2].client.give(await lines[2].bank.take())
        await openings[2]
        foreign_m3 = await lines[2].client.take()
        await fails_silently(lines[1].bank, lambda: lines[1].bank.give(foreign_m3))
        assert scene.failures_at_bank(lines[1].bank) == [FailureReason.AUTHENTICATION]
        lines[1].client.give_rst()
        assert await reason(openings[1]) is FailureReason.CONNECTION


async def reason(opening: "asyncio.Task[Session]") -> FailureReason:
    with pytest.raises(ChannelError) as raised:
        await opening
    return FailureReason(raised.value.reason)
