"""Attack 8: records at the beginning of a channel are dropped, so that the rest looks like all there was.

Terrapin (CVE-2023-48795) did so to SSH, whose sequence numbers an attacker could shift during the handshake. A
correct system counts from the handshake on, and a gap is fatal at once (PROTOCOL §4.5, §6.1).
"""

import pytest

from framework.events import FailureReason
from tests.attacks.scene import BOTH_SIDES, CTR, DES3, GCM, OPENING_BALANCE, Stage, fails_silently, withdraw


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize(("suite", "dropped"), [(DES3, 1), (CTR, 1), (GCM, 2)])
async def test_first_records(stage: Stage, suite: str, side: str, dropped: int) -> None:
    async with stage(suite) as scene:
        session = await scene.open_session()
        line = await scene.proxy.next_line()
        await line.client.said(2)
        sender, victim = line.across(side), line.side(side)
        sender.hold()
        await session.send(session.card.request())
        for _ in range(dropped):
            await session.send(withdraw(10_00))
        records = [await sender.take() for _ in range(dropped + 1)]
        await fails_silently(victim, lambda: victim.give(records[-1]))
        assert await scene.why(side, session, line) is FailureReason.AUTHENTICATION
        assert scene.balance() == OPENING_BALANCE - (0 if side == "bank" else dropped * 10_00)


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_record_in_mid_session(stage: Stage, suite: str, side: str) -> None:
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        await session.balance()
        sender, victim = line.across(side), line.side(side)
        sender.hold()
        await session.send(withdraw(1_00))
        await session.send(withdraw(2_00))
        await sender.take()
        after_the_gap = await sender.take()
        await fails_silently(victim, lambda: victim.give(after_the_gap))
        assert await scene.why(side, session, line) is FailureReason.AUTHENTICATION


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_nothing_can_be_put_before_the_first_record(stage: Stage, suite: str) -> None:
    """Terrapin's other half: messages that were injected into the handshake made room for those that were dropped."""
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        bank = await scene.proxy.dial()
        bank.give(scene.fresh_m1())
        await bank.take()
        await fails_silently(bank, lambda: bank.give(line.client.frames[2]))
        assert scene.failures_at_bank(bank) == [FailureReason.MALFORMED]
        assert await session.balance() == OPENING_BALANCE
