"""How a channel fails: one path, for good, also where a plugin breaks in the middle of it."""

from collections.abc import Callable
from typing import Any

import pytest

from framework import (
    Channel,
    ChannelError,
    ChannelFailed,
    MessageReceived,
    MisuseError,
    PluginError,
    Suite,
)
from framework.events import FailureReason
from framework.frame import FrameType, encode_header
from framework.limits import MAX_EPOCH, Limits
from framework.secret import Secret
from framework.transitions import State
from tests.support.channels import NOW, Pair, begin_pair, etm_suite, flip, open_pair, sealed
from tests.support.failed import check_failed
from tests.support.peers import AesCtr, X25519Kem
from tests.support.spies import SpyCipher


def open_then(break_it: Callable[[Pair], ChannelFailed]) -> Callable[[Suite], tuple[Channel, ChannelFailed]]:
    def run(suite: Suite) -> tuple[Channel, ChannelFailed]:
        pair = open_pair(suite)
        pair.server.send(b"waits to be sent", NOW)
        return pair.server, break_it(pair)

    return run


def forged(pair: Pair) -> ChannelFailed:
    [wire] = sealed(pair.client, b"x")
    [event] = pair.server.receive_data(flip(wire, len(wire) * 8 - 1), NOW)
    assert isinstance(event, ChannelFailed)
    return event


def truncated(pair: Pair) -> ChannelFailed:
    [event] = pair.server.receive_eof()
    assert isinstance(event, ChannelFailed)
    return event


def by_the_caller(pair: Pair) -> ChannelFailed:
    return pair.server.fail(FailureReason.TIMEOUT, "idle")


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        (forged, ChannelFailed(FailureReason.AUTHENTICATION, "")),
        (truncated, ChannelFailed(FailureReason.TRUNCATED, "")),
        (by_the_caller, ChannelFailed(FailureReason.TIMEOUT, "")),
    ],
    ids=["forged", "truncated", "by the caller"],
)
def test_a_failed_channel_stays_failed_and_sends_nothing(
    suite: Suite, break_it: Callable[[Pair], ChannelFailed], expected: ChannelFailed
) -> None:
    channel, event = open_then(break_it)(suite)
    assert event.reason is expected.reason
    check_failed(channel)
    with pytest.raises(ChannelError) as caught:
        channel.send(b"x", NOW)
    assert caught.value.reason is expected.reason
    again = channel.fail(FailureReason.CONNECTION, "something else")
    assert again == event, "the first reason stands"
    check_failed(channel)


def test_failing_wipes_every_secret(suite: Suite) -> None:
    pair = open_pair(suite)
    records = pair.server._records
    assert records is not None
    secrets = [records.exporter, records.writer._epoch._secret, records.reader._epoch._secret]
    assert all(any(secret.expose()) for secret in secrets)
    pair.server.fail(FailureReason.TIMEOUT)
    assert not any(any(secret.expose()) for secret in secrets)
    assert pair.server._records is None


def test_failing_in_the_handshake_wipes_the_chaining_key(suite: Suite) -> None:
    pair = begin_pair(suite)
    pair.server.receive_data(pair.client.data_to_send(), NOW)
    for side in (pair.client, pair.server):
        assert side._handshake is not None
        secret = side._handshake._symmetric._chaining_key
        assert isinstance(secret, Secret)
        assert any(secret.expose())
        side.fail(FailureReason.TIMEOUT)
        assert not any(secret.expose())
        assert side._handshake is None


def test_the_handshake_is_forgotten_when_it_is_over(suite: Suite) -> None:
    """PROTOCOL §4.6: the chaining keys and the ephemeral private key are erased."""
    pair = begin_pair(suite)
    pair.server.receive_data(pair.client.data_to_send(), NOW)
    handshakes = [side._handshake for side in (pair.client, pair.server) if side._handshake is not None]
    states = [handshake._symmetric for handshake in handshakes]
    chaining_keys = [state._chaining_key for state in states]
    assert len(chaining_keys) == 2
    assert all(any(secret.expose()) for secret in chaining_keys)
    pair.exchange()
    assert not any(any(secret.expose()) for secret in [*chaining_keys, *(state._chaining_key for state in states)])
    assert pair.client._handshake is pair.server._handshake is None


@pytest.mark.parametrize("state", ["EXPECT_M1", "EXPECT_M2", "EXPECT_M3", "OPEN"])
@pytest.mark.parametrize("frame_type", list(FrameType), ids=lambda frame_type: frame_type.name)
def test_a_frame_that_the_state_does_not_expect_fails_on_its_header(
    suite: Suite, state: str, frame_type: FrameType
) -> None:
    pair = begin_pair(suite)
    channel = pair.client if state == "EXPECT_M2" else pair.server
    if state == "EXPECT_M3":
        pair.server.receive_data(pair.client.data_to_send(), NOW)
    elif state == "OPEN":
        pair.exchange()
    assert channel.state == state
    expected = {"EXPECT_M1": "M1", "EXPECT_M2": "M2", "EXPECT_M3": "M3", "OPEN": "RECORD"}[state]
    events = channel.receive_data(encode_header(frame_type, 256 + suite.tag_size), NOW)
    if frame_type.name == expected and state == "OPEN":
        assert events == []
    else:
        [event] = events
        assert isinstance(event, ChannelFailed)
        assert event.reason is FailureReason.MALFORMED
        check_failed(channel)


def test_events_before_a_fault_are_delivered_and_none_after_it(pair: Pair) -> None:
    first, second, third = sealed(pair.client, b"1", b"2", b"3")
    events = pair.server.receive_data(first + flip(second, 100) + third, NOW)
    assert events[:1] == [MessageReceived(b"1")]
    assert [type(event) for event in events[1:]] == [ChannelFailed]
    check_failed(pair.server)


class Exploding(AesCtr):
    """Fails at the n-th use of a stream."""

    def __init__(self, at: int, error: BaseException) -> None:
        self.left = at
        self.error = error

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        outer, inner = self, super().encryptor(key, iv)

        class Stream:
            def encrypt(self, record: bytes) -> bytes:
                outer.left -= 1
                if outer.left == 0:
                    raise outer.error
                return inner.encrypt(record)

            decrypt = encrypt

        return Stream()

    decryptor = encryptor


USES_IN_A_HANDSHAKE = 6
"""One to seal and one to open each of three messages."""


@pytest.mark.parametrize("at", range(1, USES_IN_A_HANDSHAKE + 3))
def test_a_plugin_that_breaks_at_any_step_fails_its_channel(at: int) -> None:
    """Sealing M1 raises, for there is no channel yet; every later break is an event or a ChannelError."""
    suite = etm_suite(cipher=Exploding(at, ValueError("secret: 0xdeadbeef")))
    if at == 1:
        with pytest.raises(PluginError, match="encrypt raised ValueError"):
            begin_pair(suite)
        return
    pair = begin_pair(suite)
    if at <= USES_IN_A_HANDSHAKE:
        pair.exchange()
    elif at == USES_IN_A_HANDSHAKE + 1:
        pair.exchange()
        with pytest.raises(ChannelError) as caught:
            pair.client.send(b"x", NOW)
        assert caught.value.reason is FailureReason.PLUGIN
        check_failed(pair.client)
        return
    else:
        pair.exchange()
        pair.client.send(b"x", NOW)
        pair.exchange()
    [event] = [event for event in pair.client_events + pair.server_events if isinstance(event, ChannelFailed)]
    assert event.reason is FailureReason.PLUGIN
    assert "spy" in event.detail
    assert "deadbeef" not in event.detail
    check_failed(pair.client if event in pair.client_events else pair.server)


@pytest.mark.parametrize("at", range(2, USES_IN_A_HANDSHAKE + 3))
def test_an_interrupted_step_leaves_a_failed_channel(at: int) -> None:
    """Whoever catches the KeyboardInterrupt and goes on must not meet a cipher that is half a record ahead."""
    pair = begin_pair(etm_suite(cipher=Exploding(at, KeyboardInterrupt())))

    def everything() -> None:
        pair.exchange()
        pair.client.send(b"x", NOW)
        pair.exchange()

    with pytest.raises(KeyboardInterrupt):
        everything()
    broken = [side for side in (pair.client, pair.server) if side.state is State.FAILED]
    assert len(broken) == 1
    check_failed(broken[0])
    assert broken[0].fail(FailureReason.TIMEOUT).reason is FailureReason.INTERNAL, "no plugin is to blame"


@pytest.mark.parametrize(
    "random_bytes",
    [lambda _: b"short", lambda count: bytes(count + 1), lambda count: "x" * count, lambda _: None],
    ids=["short", "long", "str", "None"],
)
def test_a_source_of_randomness_that_breaks_its_promise_is_misuse(suite: Suite, random_bytes: Any) -> None:
    static, ephemeral = (suite.key_exchange.generate_key_pair() for _ in range(2))
    with pytest.raises(MisuseError, match="random_bytes"):
        Channel.client(suite, static.public_key, now=NOW, ephemeral=ephemeral, random_bytes=random_bytes)
    client = Channel.client(suite, static.public_key, now=NOW)
    server = Channel.server(suite, static, now=NOW, random_bytes=random_bytes)
    with pytest.raises(MisuseError, match="random_bytes"):
        server.receive_data(client.data_to_send(), NOW)
    check_failed(server)


def test_a_cipher_that_calls_every_key_weak_fails_cleanly() -> None:
    always_weak = etm_suite(cipher=SpyCipher(is_weak=lambda _: True))
    with pytest.raises(PluginError, match="calls every key weak"):
        begin_pair(always_weak)
    static = X25519Kem().generate_key_pair()
    client = Channel.client(etm_suite(), static.public_key, now=NOW)
    server = Channel.server(always_weak, static, now=NOW)
    [event] = server.receive_data(client.data_to_send(), NOW)
    assert event == ChannelFailed(FailureReason.PLUGIN, "plugin 'spy': aes256ctr calls every key weak")
    check_failed(server)


def test_a_cipher_that_calls_every_key_weak_from_the_second_epoch_on_fails_the_sender() -> None:
    weak_from = [10**9]
    cipher = SpyCipher(is_weak=lambda number: number >= weak_from[0])
    pair = open_pair(etm_suite(cipher=cipher, limits=Limits(max_inner=512, pad_quantum=32, epoch_limit=1024)))
    weak_from[0] = len(cipher.questions)
    pair.client.send(bytes(499), NOW)
    with pytest.raises(ChannelError):
        pair.client.send(bytes(499), NOW)
    check_failed(pair.client)


def test_a_channel_ends_with_its_last_epoch(tight_suite: Suite) -> None:
    """PROTOCOL §6.5: 2^32 - 1."""
    pair = open_pair(tight_suite)
    assert pair.client._records is not None
    pair.client._records.writer._epoch.epoch = MAX_EPOCH
    with pytest.raises(ChannelError) as caught:
        sealed(pair.client, *[bytes(499)] * 5)
    assert caught.value.reason is FailureReason.LIMIT
    check_failed(pair.client)
