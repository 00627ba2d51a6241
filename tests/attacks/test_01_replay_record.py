"""Attack 1: a record, or a message of the handshake, is recorded and sent again.

A correct system takes each record once: sequence number and epoch are under the tag, so whatever is sent a second
time does not verify, at once and later, and money moves once (PROTOCOL §6.1, §6.2, §7).
"""

import asyncio

import pytest

from framework.events import FailureReason
from tests.attacks.hostile_proxy import M1, M3, Party, frame_type
from tests.attacks.scene import BOTH_SIDES, CTR, DES3, GCM, OPENING_BALANCE, Stage, fails_silently, withdraw


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize(("suite", "later"), [(DES3, 0), (CTR, 0), (CTR, 3), (GCM, 0), (GCM, 3)])
async def test_record(stage: Stage, suite: str, side: str, later: int) -> None:
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        await session.ask(withdraw(10_00))
        recorded = line.across(side).frames[-1]
        for _ in range(later):
            assert await session.balance() == OPENING_BALANCE - 10_00
        victim = line.side(side)
        await fails_silently(victim, lambda: victim.give(recorded))
        assert await scene.why(side, session, line) is FailureReason.AUTHENTICATION
        assert scene.balance() == OPENING_BALANCE - 10_00


@pytest.mark.parametrize(("suite", "copies"), [(CTR, 2), (GCM, 10)])
async def test_withdrawal_in_several_copies_in_one_packet(stage: Stage, suite: str, copies: int) -> None:
    """The first copy is genuine and counts, so its answer may be lost; the money moves once."""
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        line.client.hold()
        await session.send(withdraw(10_00))
        recorded = await line.client.take()
        line.bank.give(recorded * copies)
        assert await session.failure() is FailureReason.CONNECTION
        assert scene.failures_at_bank(line.bank) == [FailureReason.AUTHENTICATION]
        async with asyncio.timeout(10):
            while scene.balance() == OPENING_BALANCE:  # noqa: ASYNC110 - the ledger's thread sets no asyncio.Event
                await asyncio.sleep(0.01)
        assert scene.balance() == OPENING_BALANCE - 10_00


@pytest.mark.parametrize(("suite", "message"), [(CTR, M1), (GCM, M3)])
async def test_message_of_the_handshake_to_the_bank(stage: Stage, suite: str, message: int) -> None:
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        recorded = of_type(line.client, message)
        await fails_silently(line.bank, lambda: line.bank.give(recorded))
        assert scene.failures_at_bank(line.bank) == [FailureReason.MALFORMED]
        assert await session.failure() is FailureReason.CONNECTION
        assert scene.balance() == OPENING_BALANCE


async def test_m2_to_the_client(stage: Stage) -> None:
    async with stage(GCM) as scene:
        session, line = await scene.open_victim()
        await fails_silently(line.client, lambda: line.client.give(line.bank.frames[0]))
        assert await session.failure() is FailureReason.MALFORMED


def of_type(party: Party, wanted: int) -> bytes:
    return next(each for each in party.frames if frame_type(each) == wanted)
