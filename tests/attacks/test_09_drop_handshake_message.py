"""Attack 9: a message of the handshake is left out, doubled, or answered with another.

FREAK (CVE-2015-0204) lived on state machines that took messages they had not asked for. A correct system has no
optional message: its table names the one frame that a state takes, and every other is fatal at its header (PROTOCOL
§7).
"""

import asyncio

import pytest

from framework import ChannelError
from framework.events import FailureReason
from tests.attacks.hostile_proxy import HEADER, M1, M2, M3, RECORD, Party, frame
from tests.attacks.scene import (
    CTR,
    DES3,
    GCM,
    OPENING_BALANCE,
    Scene,
    Stage,
    fail_silently_together,
    fails_silently,
    now_ms,
    withdraw,
)

EXPECTED = {"EXPECT_M1": M1, "EXPECT_M3": M3, "OPEN": RECORD}
"""The bank's states and the one frame that each takes."""

UNEXPECTED = [
    (state, message) for state, expected in EXPECTED.items() for message in (M1, M2, M3, RECORD) if message != expected
]


async def recorded(scene: Scene) -> dict[int, bytes]:
    """Genuine frames of each type, of another connection."""
    _, line = await scene.open_victim()
    return {
        M1: line.client.frames[0],
        M2: line.bank.frames[0],
        M3: line.client.frames[1],
        RECORD: line.client.frames[2],
    }


async def bank_in(scene: Scene, state: str) -> Party:
    """The bank's side of a connection, in this state."""
    if state == "OPEN":
        _, line = await scene.open_victim()
        return line.bank
    bank = await scene.proxy.dial()
    if state == "EXPECT_M3":
        bank.give(scene.fresh_m1())
        await bank.take()
    return bank


@pytest.mark.parametrize("suite", [DES3, CTR, GCM])
async def test_every_other_frame_to_the_bank(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        frames = await recorded(scene)
        faults = []
        for state, message in UNEXPECTED[:: 4 if suite == DES3 else 1]:
            faults.append((await bank_in(scene, state), frames[message]))
        await fail_silently_together(faults)
        assert [scene.failures_at_bank(bank) for bank, _ in faults] == [[FailureReason.MALFORMED]] * len(faults)
        assert scene.balance() == OPENING_BALANCE


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_every_other_frame_to_a_client_that_awaits_m2(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        frames = await recorded(scene)
        scene.proxy.holds = True
        openings, faults = [], []
        for wrong in (frames[M1], frames[M3], frames[RECORD], frame(M2, b"")):
            openings.append(asyncio.create_task(scene.open_session()))
            line = await scene.proxy.next_line()
            await line.client.take()
            faults.append((line.client, wrong))
        await fail_silently_together(faults)
        for outcome in await asyncio.gather(*openings, return_exceptions=True):
            assert isinstance(outcome, ChannelError)
            assert outcome.reason == FailureReason.MALFORMED


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_second_m2_to_the_client(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        await fails_silently(line.client, lambda: line.client.give(line.bank.frames[0] * 2))
        assert await session.failure() is FailureReason.MALFORMED


@pytest.mark.parametrize("suite", [DES3, GCM])
async def test_records_without_m3(stage: Stage, suite: str) -> None:
    """M3 is dropped, and what follows it is genuine: the bank has not seen that the client holds its ephemeral key."""
    async with stage(suite) as scene:
        scene.proxy.holds = True
        opening = asyncio.create_task(scene.open_session())
        line = await scene.proxy.next_line()
        line.bank.give(await line.client.take())
        line.client.give(await line.bank.take())
        session = await opening
        await session.send(session.card.request())
        await session.send(withdraw(10_00))
        _m3, card, withdrawal = [await line.client.take() for _ in range(3)]
        await fails_silently(line.bank, lambda: line.bank.give(card + withdrawal))
        assert scene.failures_at_bank(line.bank) == [FailureReason.MALFORMED]
        assert scene.balance() == OPENING_BALANCE


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_genuine_messages_under_another_type(stage: Stage, suite: str) -> None:
    """M1 and M3 as they are due, fresh and for this connection; only the type in the header is another's."""
    async with stage(suite) as scene:
        faults = []
        for expected in (M1, M3):
            for other in {M1, M2, M3, RECORD} - {expected}:
                bank, channel = await scene.proxy.dial(f"127.0.1.{expected}"), scene.client_channel()
                message = channel.data_to_send()
                if expected == M3:
                    bank.give(message)
                    channel.receive_data(await bank.take(), now_ms())
                    message = channel.data_to_send()
                faults.append((bank, frame(other, message[HEADER.size :])))
        await fail_silently_together(faults)
        assert [scene.failures_at_bank(bank) for bank, _ in faults] == [[FailureReason.MALFORMED]] * len(faults)


async def test_empty_messages_to_the_bank(stage: Stage) -> None:
    async with stage(CTR) as scene:
        faults = [(await bank_in(scene, state), frame(kind, b"")) for state, kind in EXPECTED.items()]
        await fail_silently_together(faults)
        assert [scene.failures_at_bank(bank) for bank, _ in faults] == [[FailureReason.MALFORMED]] * len(faults)
