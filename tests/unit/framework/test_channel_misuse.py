"""A channel that is used wrongly: MisuseError, and nothing is lost."""

import array
import multiprocessing
import os
from collections.abc import Callable
from typing import Any

import pytest

from framework import (
    Channel,
    HandshakeCompleted,
    InvalidKeyError,
    KeyPair,
    MessageReceived,
    MisuseError,
    PeerClosed,
    Suite,
)
from framework.events import FailureReason
from tests.support.channels import NOW, Pair, begin_pair, etm_suite, open_pair, sealed
from tests.support.peers import X25519Kem
from tests.support.spies import Record, SpyKem

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
