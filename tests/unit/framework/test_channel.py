"""The life of a channel without input and output, as its caller sees it."""

from collections.abc import Callable
from typing import Any

import pytest

from framework import (
    HandshakeCompleted,
    MessageReceived,
    MisuseError,
    PeerClosed,
    Suite,
)
from framework.kdf import expand_label
from framework.transitions import State
from tests.support.channels import NOW, Pair, begin_pair, open_pair, sealed


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
