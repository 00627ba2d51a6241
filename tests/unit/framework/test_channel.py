"""The sans-IO channel: what a caller sees, and what happens to one that uses it wrongly."""

import array
import multiprocessing
import os
from collections.abc import Callable
from typing import Any

import pytest

from framework import (
    Channel,
    ChannelError,
    ChannelFailed,
    HandshakeCompleted,
    InvalidKeyError,
    KeyPair,
    MessageReceived,
    MisuseError,
    PeerClosed,
    PluginError,
    Suite,
)
from framework.events import FailureReason
from framework.frame import FrameType, encode_header
from framework.kdf import expand_label
from framework.limits import MAX_EPOCH, Limits
from framework.secret import Secret
from framework.transitions import State
from tests.support.channels import NOW, Pair, begin_pair, etm_suite, flip, open_pair, sealed
from tests.support.peers import AesCtr, X25519Kem
from tests.support.spies import Record, SpyCipher, SpyKem


def failed(channel: Channel) -> None:
    """Everything that a failed channel must be."""
    assert str(channel.state) == "FAILED"
    assert not channel.is_open
    assert channel.data_to_send() == b""
    for call in (lambda: channel.receive_data(b"", NOW), lambda: channel.send(b"x", NOW)):
        with pytest.raises(ChannelError, match="the channel has failed"):
            call()
    with pytest.raises(MisuseError):
        channel.export("label", b"", 32)
    assert channel.receive_eof() == []
    channel.close(NOW)
    assert channel.data_to_send() == b""
    assert not channel.is_costly(10**6)


# --- the life of a channel ---


def test_a_channel_from_beginning_to_end(suite: Suite) -> None:
    pair = begin_pair(suite)
    assert (pair.client.state, pair.server.state) == (State.EXPECT_M2, State.EXPECT_M1)
    assert (pair.client.is_open, pair.server.is_open) == (False, False)
    pair.exchange()
    assert pair.client_events == pair.server_events == [HandshakeCompleted()]
    assert (pair.client.is_open, pair.server.is_open) == (True, True)
    pair.client.send(b"question", NOW)
    pair.server.send(b"answer", NOW)
    pair.server.send(b"", NOW)
    pair.exchange()
    assert pair.server_events[1:] == [MessageReceived(b"question")]
    assert pair.client_events[1:] == [MessageReceived(b"answer"), MessageReceived(b"")]
    pair.client.close(NOW)
    assert (pair.client.is_open, pair.client.is_closed) == (False, True)
    pair.exchange()
    assert pair.server_events[2:] == [PeerClosed()]
    assert pair.server.state is State.PEER_CLOSED
    assert pair.server.receive_eof() == []
    assert pair.server.is_open, "one direction has ended; the other has not"
    pair.server.send(b"last words", NOW)
    pair.server.close(NOW)
    pair.exchange()
    assert pair.client_events[3:] == [MessageReceived(b"last words"), PeerClosed()]
    assert pair.client.receive_eof() == []


def test_the_client_says_nothing_before_the_server_has_proved_itself(suite: Suite) -> None:
    pair = begin_pair(suite)
    pair.server.receive_data(pair.client.data_to_send(), NOW)
    with pytest.raises(MisuseError):
        pair.client.send(b"too early", NOW)
    assert pair.client.data_to_send() == b""


def test_what_follows_a_close_notify_is_not_read(pair: Pair) -> None:
    pair.client.close(NOW)
    close = pair.client.data_to_send()
    [record_of_another] = sealed(open_pair(pair.client.suite).client, b"x")
    assert pair.server.receive_data(close + record_of_another + b"garbage", NOW) == [PeerClosed()]
    assert pair.server.receive_data(b"more garbage", NOW) == []
    assert pair.server.state is State.PEER_CLOSED
    pair.server.send(b"still here", NOW)
    assert pair.client.receive_data(pair.server.data_to_send(), NOW) == [MessageReceived(b"still here")]


def test_closing_twice_says_it_once(pair: Pair) -> None:
    pair.client.close(NOW)
    assert len(pair.client.data_to_send()) > 0
    pair.client.close(NOW)
    assert pair.client.data_to_send() == b""


def test_closing_without_a_time_uses_that_of_the_last_call(suite: Suite) -> None:
    pair = open_pair(suite)
    pair.client.send(b"x", NOW + 5)
    pair.client.close()
    assert pair.server.receive_data(pair.client.data_to_send(), NOW + 5) == [MessageReceived(b"x"), PeerClosed()]


def test_closing_before_the_handshake_is_said_as_soon_as_it_can_be(suite: Suite) -> None:
    """close() returned without an error, so the peer must learn of it: otherwise it sees a truncation."""
    for closing in ("client", "server"):
        pair = begin_pair(suite)
        getattr(pair, closing).close(NOW)
        pair.exchange()
        other = pair.server_events if closing == "client" else pair.client_events
        assert other == [HandshakeCompleted(), PeerClosed()]
        with pytest.raises(MisuseError):
            getattr(pair, closing).send(b"x", NOW)


@pytest.mark.parametrize("size", [0, 1, 65_523])
def test_a_message_of_every_size_arrives(pair: Pair, size: int) -> None:
    assert pair.client.max_message_size == 65_523
    payload = bytes(index % 251 for index in range(size))
    pair.client.send(payload, NOW)
    pair.exchange()
    assert pair.server_events == [MessageReceived(payload)]


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_whatever_holds_bytes_may_be_sent_and_received(pair: Pair, kind: Callable[[bytes], Any]) -> None:
    pair.client.send(kind(b"payload"), NOW)
    assert pair.server.receive_data(kind(pair.client.data_to_send()), NOW) == [MessageReceived(b"payload")]


def test_a_payload_that_changes_after_send_changes_nothing(pair: Pair) -> None:
    payload: Any = bytearray(b"pay me 10")
    pair.client.send(payload, NOW)
    payload[-2:] = b"99"
    pair.exchange()
    assert pair.server_events == [MessageReceived(b"pay me 10")]


def test_a_repr_names_the_suite_and_the_state(pair: Pair) -> None:
    assert repr(pair.client) == f"<Channel {pair.client.suite.name} OPEN>"


def test_both_sides_export_the_same_secret_and_nobody_else_does(suite: Suite) -> None:
    first, second = open_pair(suite), open_pair(suite)
    exported = first.client.export("bank", b"card", 48)
    assert exported == first.server.export("bank", b"card", 48)
    assert len(exported) == 48
    others = [
        second.client.export("bank", b"card", 48),
        first.client.export("bank", b"", 48),
        first.client.export("ATM", b"card", 48),
    ]
    assert exported not in others
    first.client.close(NOW)
    assert first.client.export("bank", b"card", 48) == exported


# --- misuse: a MisuseError, and nothing is lost ---

WRONG_TIMES = [None, "1800000000000", 1.8e12, True, -1, 2**64, b"\0"]


@pytest.mark.parametrize("now", WRONG_TIMES, ids=repr)
def test_a_wrong_time_is_misuse_everywhere_and_nothing_is_lost(suite: Suite, now: Any) -> None:
    static = suite.key_exchange.generate_key_pair()
    with pytest.raises(MisuseError, match="Unix time in whole milliseconds"):
        Channel.client(suite, static.public_key, now=now)
    with pytest.raises(MisuseError, match="Unix time in whole milliseconds"):
        Channel.server(suite, static, now=now)
    pair = open_pair(suite)
    [wire] = sealed(pair.client, b"message")
    calls: list[Callable[[], object]] = [
        lambda: pair.server.receive_data(wire, now),
        lambda: pair.server.send(b"x", now),
    ]
    if now is not None:
        calls.append(lambda: pair.server.close(now))
    for call in calls:
        with pytest.raises(MisuseError, match="Unix time in whole milliseconds"):
            call()
    assert pair.server.receive_data(wire, NOW) == [MessageReceived(b"message")]
    assert pair.server.is_open
    pair.server.send(b"answer", NOW)
    assert pair.client.receive_data(pair.server.data_to_send(), NOW) == [MessageReceived(b"answer")]


@pytest.mark.parametrize("now", [0, 1, 2**63, 2**64 - 1])
def test_every_time_that_fits_is_taken(suite: Suite, now: int) -> None:
    pair = open_pair(suite, now=now)
    pair.client.send(b"x", now)
    assert pair.server.receive_data(pair.client.data_to_send(), now) == [MessageReceived(b"x")]


NOT_BYTES = [None, "text", 7, 0, [1, 2, 3], (1, 2), {1}, 1.5, iter(b"x")]


@pytest.mark.parametrize("wrong", NOT_BYTES, ids=lambda wrong: type(wrong).__name__)
def test_what_is_no_bytes_is_misuse_and_nothing_is_lost(pair: Pair, wrong: Any) -> None:
    for call in (lambda: pair.client.send(wrong, NOW), lambda: pair.server.receive_data(wrong, NOW)):
        with pytest.raises(MisuseError, match="bytes"):
            call()
    assert pair.client.data_to_send() == b""
    pair.client.send(b"right", NOW)
    pair.exchange()
    assert pair.server_events == [MessageReceived(b"right")]


@pytest.mark.parametrize("wrong", [None, "x" * 32, 32], ids=repr)
def test_a_server_key_that_is_no_bytes_is_misuse(suite: Suite, wrong: Any) -> None:
    with pytest.raises(MisuseError, match="bytes"):
        Channel.client(suite, wrong, now=NOW)


def test_a_message_that_is_too_long_is_misuse_and_nothing_is_lost(suite: Suite) -> None:
    pair = open_pair(suite)
    too_long = pair.client.max_message_size + 1
    payloads: list[Any] = [bytes(too_long), bytes(10 * too_long), bytearray(too_long)]
    for payload in payloads:
        with pytest.raises(MisuseError, match=f"at most 65523 bytes, this one {len(payload)}"):
            pair.client.send(payload, NOW)
    assert pair.client.data_to_send() == b""
    pair.client.send(b"x", NOW)
    pair.exchange()
    assert pair.server_events == [MessageReceived(b"x")]


def test_a_view_of_wide_items_is_measured_in_bytes(suite: Suite) -> None:
    """CWE-131: `len()` of a memoryview counts items."""
    pair = open_pair(suite)
    wide = memoryview(array.array("Q", [0] * 8191))
    assert len(wide) < pair.client.max_message_size < wide.nbytes
    with pytest.raises(MisuseError, match="this one 65528"):
        pair.client.send(wide, NOW)  # type: ignore[arg-type]
    pair.client.send(memoryview(array.array("H", [0x4141])), NOW)  # type: ignore[arg-type]
    pair.client.send(memoryview(b"a-b-c")[::2], NOW)  # type: ignore[arg-type]
    pair.exchange()
    assert pair.server_events == [MessageReceived(b"AA"), MessageReceived(b"abc")]


def test_sending_outside_of_an_open_channel_is_misuse_and_nothing_is_lost(suite: Suite) -> None:
    pair = begin_pair(suite)
    for side in (pair.client, pair.server):
        with pytest.raises(MisuseError, match="between the end of the handshake and close"):
            side.send(b"too early", NOW)
    pair.server.receive_data(pair.client.data_to_send(), NOW)
    with pytest.raises(MisuseError):
        pair.server.send(b"still too early", NOW)
    pair.exchange()
    pair.client.close(NOW)
    with pytest.raises(MisuseError):
        pair.client.send(b"too late", NOW)
    pair.exchange()
    assert pair.server_events == [HandshakeCompleted(), PeerClosed()]


@pytest.mark.parametrize(
    ("label", "context", "length"),
    [
        ("é", b"", 32),
        ("l" * 245, b"", 32),
        ("x", bytes(256), 32),
        ("x", b"", 0),
        ("x", b"", -1),
        ("x", b"", 8161),
        ("x", b"", 70_000),
        ("x", b"", 32.0),
        ("x", "context", 32),
        (b"x", b"", 32),
    ],
    ids=repr,
)
def test_a_secret_that_cannot_be_derived_is_misuse(pair: Pair, label: Any, context: Any, length: Any) -> None:
    with pytest.raises(MisuseError):
        pair.client.export(label, context, length)
    assert len(pair.client.export("l" * 244, bytes(255), 8160)) == 8160


def test_a_secret_is_exported_only_between_handshake_and_failure(suite: Suite) -> None:
    pair = begin_pair(suite)
    with pytest.raises(MisuseError, match="only from an open channel"):
        pair.client.export("x", b"", 32)
    pair.exchange()
    pair.client.export("x", b"", 32)
    pair.client.fail(FailureReason.TIMEOUT)
    with pytest.raises(MisuseError, match="only from an open channel"):
        pair.client.export("x", b"", 32)


def foreign_pairs() -> list[Any]:
    return [
        KeyPair(bytes(32), bytes(31)),
        KeyPair(bytes(33), bytes(32)),
        KeyPair(b"", b""),
        (bytes(32), bytes(32)),
        None,
    ]


@pytest.mark.parametrize("foreign", foreign_pairs(), ids=repr)
def test_a_key_pair_of_another_key_exchange_is_misuse(suite: Suite, foreign: Any) -> None:
    with pytest.raises(MisuseError, match="key pair"):
        Channel.server(suite, foreign, now=NOW)
    if foreign is not None:
        static = suite.key_exchange.generate_key_pair()
        with pytest.raises(MisuseError, match="key pair"):
            Channel.client(suite, static.public_key, now=NOW, ephemeral=foreign)


def test_an_ephemeral_key_pair_is_used_when_it_is_given() -> None:
    record = Record()
    suite = etm_suite(kex=SpyKem(record))
    static, ephemeral = X25519Kem().generate_key_pair(), X25519Kem().generate_key_pair()
    Channel.client(suite, static.public_key, now=NOW, ephemeral=ephemeral)
    assert record.calls[:2] == ["check_public_key pinned=True", "encapsulate"]
    assert "generate_key_pair" not in record.calls
    record.calls.clear()
    Channel.client(suite, static.public_key, now=NOW)
    assert record.calls[:3] == ["check_public_key pinned=True", "generate_key_pair", "encapsulate"]


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_server_key_of_a_wrong_length_is_refused_before_anything_is_made(suite: Suite, size: int) -> None:
    with pytest.raises(InvalidKeyError, match=f"has {size} bytes where 32 are due"):
        Channel.client(suite, bytes(size), now=NOW)


def test_a_server_key_that_the_key_exchange_refuses_is_refused() -> None:
    class Refusing(X25519Kem):
        def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
            raise InvalidKeyError("this one is composite" if pinned else "small")

    with pytest.raises(InvalidKeyError, match="composite"):
        Channel.client(etm_suite(kex=Refusing()), bytes(32), now=NOW)


# --- failure: one path, and for good ---


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
    failed(channel)
    with pytest.raises(ChannelError) as caught:
        channel.send(b"x", NOW)
    assert caught.value.reason is expected.reason
    again = channel.fail(FailureReason.CONNECTION, "something else")
    assert again == event, "the first reason stands"
    failed(channel)


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
        failed(channel)


def test_events_before_a_fault_are_delivered_and_none_after_it(pair: Pair) -> None:
    first, second, third = sealed(pair.client, b"1", b"2", b"3")
    events = pair.server.receive_data(first + flip(second, 100) + third, NOW)
    assert events[:1] == [MessageReceived(b"1")]
    assert [type(event) for event in events[1:]] == [ChannelFailed]
    failed(pair.server)


# --- plugins that fail in mid-channel ---


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
        failed(pair.client)
        return
    else:
        pair.exchange()
        pair.client.send(b"x", NOW)
        pair.exchange()
    [event] = [event for event in pair.client_events + pair.server_events if isinstance(event, ChannelFailed)]
    assert event.reason is FailureReason.PLUGIN
    assert "spy" in event.detail
    assert "deadbeef" not in event.detail
    failed(pair.client if event in pair.client_events else pair.server)


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
    failed(broken[0])
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
    failed(server)


def test_a_cipher_that_calls_every_key_weak_fails_cleanly() -> None:
    always_weak = etm_suite(cipher=SpyCipher(is_weak=lambda _: True))
    with pytest.raises(PluginError, match="calls every key weak"):
        begin_pair(always_weak)
    static = X25519Kem().generate_key_pair()
    client = Channel.client(etm_suite(), static.public_key, now=NOW)
    server = Channel.server(always_weak, static, now=NOW)
    [event] = server.receive_data(client.data_to_send(), NOW)
    assert event == ChannelFailed(FailureReason.PLUGIN, "plugin 'spy': aes256ctr calls every key weak")
    failed(server)


def test_a_cipher_that_calls_every_key_weak_from_the_second_epoch_on_fails_the_sender() -> None:
    weak_from = [10**9]
    cipher = SpyCipher(is_weak=lambda number: number >= weak_from[0])
    pair = open_pair(etm_suite(cipher=cipher, limits=Limits(max_inner=512, pad_quantum=32, epoch_limit=1024)))
    weak_from[0] = len(cipher.questions)
    pair.client.send(bytes(499), NOW)
    with pytest.raises(ChannelError):
        pair.client.send(bytes(499), NOW)
    failed(pair.client)


def test_a_channel_ends_with_its_last_epoch(tight_suite: Suite) -> None:
    """PROTOCOL §6.5: 2^32 - 1."""
    pair = open_pair(tight_suite)
    assert pair.client._records is not None
    pair.client._records.writer._epoch.epoch = MAX_EPOCH
    with pytest.raises(ChannelError) as caught:
        sealed(pair.client, *[bytes(499)] * 5)
    assert caught.value.reason is FailureReason.LIMIT
    failed(pair.client)


# --- processes ---


def in_a_fork(pair: Pair, results: Any) -> None:
    said = []
    calls: list[Callable[[], object]] = [
        lambda: pair.client.send(b"x", NOW),
        lambda: pair.client.receive_data(b"", NOW),
        lambda: pair.client.close(NOW),
    ]
    for call in calls:
        try:
            call()
        except MisuseError as error:
            said.append(str(error))
    results.put((said, pair.client.data_to_send()))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_does_not_use_the_channel_of_its_parent(suite: Suite) -> None:
    """It would encrypt other messages with the same keystream (CVE-2013-1445's class)."""
    pair = open_pair(suite)
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    child = context.Process(target=in_a_fork, args=(pair, results))
    child.start()
    said, sent = results.get()
    child.join()
    assert len(said) == 3
    assert all("belongs to the process that made it" in text for text in said)
    assert sent == b""
    pair.client.send(b"the parent goes on", NOW)
    pair.exchange()
    assert pair.server_events == [MessageReceived(b"the parent goes on")]


def test_a_channel_that_finds_itself_in_another_process_is_misused(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Callable[[], object]] = [
        lambda: pair.client.send(b"x", NOW),
        lambda: pair.client.receive_data(b"", NOW),
        lambda: pair.client.close(NOW),
    ]
    with monkeypatch.context() as patched:
        patched.setattr(os, "getpid", lambda: -1)
        for call in calls:
            with pytest.raises(MisuseError, match="belongs to the process that made it"):
                call()
    assert pair.client.data_to_send() == b""
    assert pair.client.is_open


# --- is_costly ---


def test_only_what_may_complete_a_handshake_message_is_costly(suite: Suite) -> None:
    pair = begin_pair(suite)
    m1 = pair.client.data_to_send()
    assert not pair.server.is_costly(len(m1) - 1)
    assert pair.server.is_costly(len(m1))
    pair.server.receive_data(m1[:10], NOW)
    assert not pair.server.is_costly(len(m1) - 11)
    assert pair.server.is_costly(len(m1) - 10)
    pair.server.receive_data(m1[10:], NOW)
    m2 = pair.server.data_to_send()
    assert not pair.client.is_costly(len(m2) - 1)
    assert pair.client.is_costly(len(m2))
    pair.client.receive_data(m2, NOW)
    m3 = pair.client.data_to_send()
    assert pair.server.is_costly(len(m3))
    pair.server.receive_data(m3, NOW)
    assert not pair.server.is_costly(10**6)
    assert not pair.client.is_costly(10**6)


def test_the_exporter_is_the_specification_s(pair: Pair) -> None:
    records = pair.client._records
    assert records is not None
    assert pair.client.export("a", b"b", 7) == expand_label(records.exporter.expose(), "a", b"b", 7)
