"""The connection at its seams: calls that asyncio may make at odd moments, over a transport that only pretends."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from framework import Channel, ChannelError, MisuseError
from framework.aio.clock import ChannelClock
from framework.aio.connection import Connection
from framework.events import Event, FailureReason
from framework.frame import FrameType, encode_header
from tests.support.loopback import KEYS, SUITE, eventually

M2 = encode_header(FrameType.M2, SUITE.body_size(FrameType.M2)) + bytes(SUITE.body_size(FrameType.M2))
"""A whole message with the right header: the costly work on it is due."""


class Pretended(asyncio.Transport):
    """Notes what is asked of it."""

    def __init__(self, connection: Connection) -> None:
        super().__init__({"peername": ("peer", 7)})
        self.written = b""
        self.calls: list[str] = []
        self._connection = connection
        self._closing = False

    def write(self, data: Any) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self._closing

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")

    def write_eof(self) -> None:
        self.calls.append("eof")

    def abort(self) -> None:
        if not self._closing:
            self.calls.append("abort")
            self._closing = True
            self._connection.connection_lost(None)


def connected(channel: Channel | None = None) -> tuple[Connection, Pretended]:
    clock = ChannelClock()
    connection = Connection(channel or Channel.client(SUITE, KEYS.public_key, now=clock.now()), clock, None)
    transport = Pretended(connection)
    connection.connection_made(transport)
    return connection, transport


async def test_what_the_channel_has_to_say_is_said_at_once() -> None:
    connection, transport = connected()
    assert connection.peer_address == "peer:7"
    assert transport.written[:2] == b"\1\1"
    connection.abort()
    await connection.lost()


async def test_a_transport_that_is_no_stream_is_misuse() -> None:
    clock = ChannelClock()
    connection = Connection(Channel.client(SUITE, KEYS.public_key, now=clock.now()), clock, None)
    with pytest.raises(MisuseError, match="stream transport"):
        connection.connection_made(asyncio.DatagramTransport())
    await connection.lost()


async def test_after_a_failure_nothing_more_is_taken(reasons: Callable[[], list[str]]) -> None:
    connection, transport = connected()
    connection.data_received(b"garbage!")
    connection.data_received(b"more garbage")
    assert connection.eof_received()
    connection.fail(FailureReason.TIMEOUT, "and late")
    assert transport.calls == ["pause"], "the reset waits for the tick"
    await connection.lost()
    assert transport.calls == ["pause", "abort"]
    assert [reason.partition(" ")[0] for reason in reasons()] == ["malformed"]


async def test_a_connection_that_is_lost_before_the_tick_is_not_reset_again() -> None:
    connection, transport = connected()
    connection.data_received(b"garbage!")
    transport._closing = True
    connection.connection_lost(None)
    await asyncio.sleep(0.07)
    assert "abort" not in transport.calls


class Buggy(Channel):
    """Raises what it never should."""

    def receive_data(self, data: bytes, now: int) -> list[Event]:
        raise KeyError("a bug")


async def test_not_even_a_bug_fails_in_another_way(reasons: Callable[[], list[str]]) -> None:
    for portion in (b"x", M2):  # in the loop, and in a thread
        channel = Buggy.client(SUITE, KEYS.public_key, now=ChannelClock().now())
        connection, transport = connected(channel)
        connection.data_received(portion)
        await connection.lost()
        assert transport.calls[-1] == "abort"
    assert reasons() == ["internal (KeyError)"] * 2


async def test_work_that_is_cancelled_fails_the_channel(reasons: Callable[[], list[str]]) -> None:
    workers = ThreadPoolExecutor(1)
    clock = ChannelClock()
    connection = Connection(Channel.client(SUITE, KEYS.public_key, now=clock.now()), clock, workers)
    transport = Pretended(connection)
    connection.connection_made(transport)
    gate = asyncio.Event()
    loop = asyncio.get_running_loop()
    workers.submit(lambda: asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(10))
    connection.data_received(M2)
    workers.shutdown(wait=False, cancel_futures=True)
    await eventually(lambda: bool(reasons()))
    gate.set()
    await connection.lost()
    assert reasons() == ["internal (cancelled)"]
    workers.shutdown()


async def test_an_unknown_peer_has_an_address_all_the_same() -> None:
    clock = ChannelClock()
    connection = Connection(Channel.client(SUITE, KEYS.public_key, now=clock.now()), clock, None)
    transport = Pretended(connection)
    transport._extra = {}  # type: ignore[attr-defined]
    connection.connection_made(transport)
    assert connection.peer_address == "?:0"
    connection.abort()
    await connection.lost()


async def test_what_is_asked_of_a_connection_that_never_came_about_is_harmless() -> None:
    clock = ChannelClock()
    connection = Connection(Channel.client(SUITE, KEYS.public_key, now=clock.now()), clock, None)
    connection.pause_reading()
    connection.resume_reading()
    connection.end()
    await connection.close()
    connection.abort()
    await connection.lost()
    await asyncio.sleep(0.07)
    with pytest.raises(ChannelError):
        await connection.established
