"""Attack 2: a whole session is recorded, and its half is played back to the other side as if it were new.

A correct system remembers first messages and refuses an old one. And it contributes randomness from both sides: a bank
that was started again and remembers nothing answers an old M1 with a new M2, so the old M3 does not open and no
record is ever read; a client takes an old M2 for a forgery (PROTOCOL §4.3 to §4.5, §4.8).
"""

import asyncio

import pytest

from framework import ChannelError
from framework.events import FailureReason
from tests.attacks.hostile_proxy import M1, M2, M3, RECORD, frame_type
from tests.attacks.scene import CTR, DES3, GCM, OPENING_BALANCE, Scene, Stage, fails_silently, withdraw


async def recorded_session(scene: Scene) -> tuple[list[bytes], list[bytes]]:
    """What client and bank send in a session with a withdrawal, from the first byte to close_notify."""
    session = await scene.open_session(take_ephemeral=scene.suite.key_exchange.generate_key_pair)
    line = await scene.proxy.next_line()
    await session.show_card()
    await session.ask(withdraw(10_00))
    await session.stream.close()
    assert [frame_type(each) for each in line.client.frames] == [M1, M3, RECORD, RECORD, RECORD]
    assert [frame_type(each) for each in line.bank.frames] == [M2, RECORD, RECORD, RECORD]
    return line.client.frames, line.bank.frames


@pytest.mark.parametrize(("suite", "with_records"), [(DES3, True), (CTR, False), (GCM, True)])
async def test_client_half(stage: Stage, suite: str, *, with_records: bool) -> None:
    async with stage(suite) as scene:
        (m1, *rest), (m2, *_) = await recorded_session(scene)
        scene.forget_first_messages()
        bank = await scene.proxy.dial()
        bank.give(m1)
        fresh_m2 = await bank.take()
        assert differs_everywhere(fresh_m2[8:], m2[8:])
        await fails_silently(bank, lambda: bank.give(b"".join(rest) if with_records else rest[0]))
        assert scene.failures_at_bank(bank) == [FailureReason.AUTHENTICATION]
        assert scene.balance() == OPENING_BALANCE - 10_00


@pytest.mark.parametrize("suite", [CTR, GCM])
@pytest.mark.parametrize("remembers", [True, False])
async def test_client_half_in_one_packet(stage: Stage, suite: str, *, remembers: bool) -> None:
    """A bank that remembers nothing refuses what follows an M1 that it has not answered."""
    async with stage(suite) as scene:
        client_frames, _ = await recorded_session(scene)
        if not remembers:
            scene.forget_first_messages()
        bank = await scene.proxy.dial()
        await fails_silently(bank, lambda: bank.give(b"".join(client_frames)))
        why = FailureReason.AUTHENTICATION if remembers else FailureReason.MALFORMED
        assert scene.failures_at_bank(bank) == [why]
        assert scene.balance() == OPENING_BALANCE - 10_00


@pytest.mark.parametrize("suite", [DES3, GCM])
async def test_its_first_message_alone(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        (m1, *_), _ = await recorded_session(scene)
        bank = await scene.proxy.dial()
        await fails_silently(bank, lambda: bank.give(m1))
        assert scene.failures_at_bank(bank) == [FailureReason.AUTHENTICATION]


@pytest.mark.parametrize("suite", [DES3, GCM])
async def test_bank_half(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        _, bank_frames = await recorded_session(scene)
        scene.proxy.impersonates = scene.proxy.holds = True
        opening = asyncio.create_task(scene.open_session())
        line = await scene.proxy.next_line()
        await line.client.take()
        await fails_silently(line.client, lambda: line.client.give(b"".join(bank_frames)))
        with pytest.raises(ChannelError) as raised:
            await opening
        assert raised.value.reason == FailureReason.AUTHENTICATION


def differs_everywhere(ours: bytes, theirs: bytes) -> bool:
    """No sixteen bytes of the one stand in the other: nonce, ciphertext and sealed payload are all new."""
    return not any(ours[start : start + 16] in theirs for start in range(len(ours) - 15))
