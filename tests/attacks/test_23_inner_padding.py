"""Attack 23: a peer with the right keys seals an inner plaintext that nobody honest would make.

Padding that is checked in another way than the tag told Vaudenay's attack, and Lucky13 after it, what was inside.
Here the tag has verified before anything is parsed; a correct system refuses whatever has more than one reading, by
the one path that a forged tag takes (PROTOCOL §4.8, §6.1, §8.1).
"""

import asyncio
from collections.abc import Callable
from struct import pack_into

import pytest

from framework import ChannelError
from framework.events import FailureReason
from framework.handshake.payload import encode_payload
from tests.attacks import malice
from tests.attacks.malice import CLOSE_NOTIFY, DATA, KEY_UPDATE, QUANTUM
from tests.attacks.scene import (
    BOTH_SIDES,
    CTR,
    DES3,
    GCM,
    OPENING_BALANCE,
    Stage,
    fail_silently_together,
    fails_silently,
    now_ms,
)

PREFIX = 13
MESSAGE = b'{"type":"CHECK","id":"00000000000000000000000000000000"}'


def changed(plaintext: bytes, place: int, value: int) -> bytes:
    copy = bytearray(plaintext)
    copy[place] = value
    return bytes(copy)


def with_length(plaintext: bytes, length: int) -> bytes:
    copy = bytearray(plaintext)
    pack_into(">I", copy, PREFIX - 4, length)
    return bytes(copy)


def bad_plaintexts() -> dict[str, bytes]:
    """Inner plaintexts of possible sizes that PROTOCOL §6.1 does not allow."""
    good = malice.inner(DATA, MESSAGE)
    end = PREFIX + len(MESSAGE)
    return {
        "first byte of padding": changed(good, end, 1),
        "last byte of padding": changed(good, -1, 1),
        "padding of a close_notify": changed(malice.inner(CLOSE_NOTIFY), -1, 0x80),
        "one quantum of padding too much": good + bytes(QUANTUM),
        "many quanta of padding too much": good + bytes(100 * QUANTUM),
        "close_notify that is too long": malice.inner(CLOSE_NOTIFY) + bytes(QUANTUM),
        "key_update that is too long": malice.inner(KEY_UPDATE) + bytes(QUANTUM),
        "length one more than fits": with_length(good, QUANTUM - PREFIX + 1),
        "length of the next quantum": with_length(good, QUANTUM + len(MESSAGE)),
        "length 2^31": with_length(good, 2**31),
        "length 2^32 - 1": with_length(good, 2**32 - 1),
        "length shorter than the data": with_length(good, len(MESSAGE) - 1),
        "content type 0": changed(good, 0, 0),
        "content type 4": changed(good, 0, 4),
        "content type 255": changed(good, 0, 255),
        "data in a close_notify": malice.inner(CLOSE_NOTIFY, b"x"),
        "data in a key_update": malice.inner(KEY_UPDATE, MESSAGE),
        "all zeros": bytes(QUANTUM),
        "all ones": b"\xff" * QUANTUM,
    }


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize("suite", [DES3, CTR, GCM])
async def test_under_a_genuine_tag(stage: Stage, suite: str, side: str) -> None:
    async with stage(suite) as scene:
        names = (
            list(bad_plaintexts()) if suite != DES3 else ["last byte of padding", "length 2^32 - 1", "content type 4"]
        )
        victims = [await scene.open_victim() for _ in names]
        plaintexts = bad_plaintexts()
        faults = []
        for name, (session, line) in zip(names, victims, strict=True):
            peer = malice.channel_against(side, scene, session, line)
            faults.append((line.side(side), malice.seal(peer, plaintexts[name])))
        await fail_silently_together(faults)
        for name, (session, line) in zip(names, victims, strict=True):
            assert await scene.why(side, session, line) is FailureReason.MALFORMED, name
        assert scene.balance() == OPENING_BALANCE


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_timestamps_that_nobody_has(stage: Stage, suite: str, side: str) -> None:
    async with stage(suite) as scene:
        timestamps = [0, 2**64 - 1, now_ms() - 40_000, now_ms() + 40_000]
        victims = [await scene.open_victim() for _ in timestamps]
        faults = []
        for timestamp, (session, line) in zip(timestamps, victims, strict=True):
            peer = malice.channel_against(side, scene, session, line)
            faults.append((line.side(side), malice.seal(peer, malice.inner(DATA, MESSAGE, timestamp=timestamp))))
        await fail_silently_together(faults)
        for session, line in victims:
            assert await scene.why(side, session, line) is FailureReason.CLOCK


@pytest.mark.parametrize("suite", [DES3, CTR, GCM])
async def test_the_same_by_hand_and_right_is_answered(stage: Stage, suite: str) -> None:
    """The control: what the tests above seal is refused for its contents, not for how it was made."""
    async with stage(suite) as scene:
        puppet = await scene.open_puppet()
        await puppet.show_card()
        puppet.bank.give(malice.seal(puppet.channel, malice.inner(DATA, MESSAGE)))
        assert (await puppet.reply()).ok


def spoiled(place: int) -> Callable[[int, int], bytes]:
    """`encode_payload`, with a reserved byte that is not zero."""
    return lambda timestamp, size: changed(encode_payload(timestamp, size), place % size, 1)


@pytest.mark.parametrize(("suite", "place"), [(CTR, 8), (GCM, -1)])
async def test_reserved_bytes_of_m1(stage: Stage, suite: str, place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(suite) as scene:
        bank = await scene.proxy.dial()
        monkeypatch.setattr("framework.handshake.steps.encode_payload", spoiled(place))
        m1 = scene.client_channel().data_to_send()
        await fails_silently(bank, lambda: bank.give(m1))
        assert scene.failures_at_bank(bank) == [FailureReason.MALFORMED]


@pytest.mark.parametrize(("suite", "place"), [(CTR, 8), (GCM, -1)])
async def test_reserved_bytes_of_m3(stage: Stage, suite: str, place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(suite) as scene:
        bank = await scene.proxy.dial()
        channel = scene.client_channel()
        bank.give(channel.data_to_send())
        m2 = await bank.take()
        monkeypatch.setattr("framework.handshake.steps.encode_payload", spoiled(place))
        channel.receive_data(m2, now_ms())
        m3 = channel.data_to_send()
        await fails_silently(bank, lambda: bank.give(m3))
        assert scene.failures_at_bank(bank) == [FailureReason.MALFORMED]


@pytest.mark.parametrize(("suite", "place"), [(CTR, 8), (GCM, -1)])
async def test_reserved_bytes_of_m2(stage: Stage, suite: str, place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(suite) as scene:
        scene.proxy.holds = True
        opening = asyncio.create_task(scene.open_session())
        line = await scene.proxy.next_line()
        monkeypatch.setattr("framework.handshake.steps.encode_payload", spoiled(place))
        line.bank.give(await line.client.take())
        m2 = await line.bank.take()
        await fails_silently(line.client, lambda: line.client.give(m2))
        with pytest.raises(ChannelError) as raised:
            await opening
        assert raised.value.reason == FailureReason.MALFORMED
