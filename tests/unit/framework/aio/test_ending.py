"""Clean ends: either side first, idle, too old, the server's own; and peers that do not let go."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from framework import Channel, ChannelError, PeerClosed, open_channel
from framework.aio import ChannelStream, Server, ServerLimits
from framework.events import FailureReason
from framework.limits import CLOSE_SECONDS
from tests.support.loopback import KEYS, SUITE, RawSocket, Serving, echo, eventually


def now() -> int:
    return int(time.time() * 1000)


async def open_by_hand(raw: RawSocket) -> Channel:
    """A handshake over a raw socket."""
    channel = Channel.client(SUITE, KEYS.public_key, now=now())
    await raw.send(channel.data_to_send())
    channel.receive_data(await raw.receive_frame(), now())
    await raw.send(channel.data_to_send())
    return channel


async def until_idle(server: Server) -> None:
    await eventually(lambda: not server._connections and not server._tasks)


@pytest.mark.parametrize("first", ["client", "server", "both"])
async def test_either_side_may_close_first(serving: Serving, reasons: Callable[[], list[str]], first: str) -> None:
    ended = []

    async def handler(stream: ChannelStream) -> None:
        assert await stream.receive() == b"x"
        if first == "client":
            assert await stream.receive() is None
        ended.append("server")

    async with serving(handler) as running:
        stream = await running.open()
        await stream.send(b"x")
        if first == "server":
            assert await stream.receive() is None
        await stream.close()
        assert stream._connection._lost.is_set(), "when close() returns, the connection is gone"
        await until_idle(running.server)
    assert ended == ["server"]
    assert reasons() == []


async def test_a_clean_end_is_close_notify_and_fin_on_the_wire(serving: Serving) -> None:
    async def handler(stream: ChannelStream) -> None:
        await stream.send(b"bye")

    async with serving(handler) as running:
        with await running.raw() as raw:
            channel = await open_by_hand(raw)
            channel.receive_data(await raw.receive_frame(), now())
            assert channel.receive_data(await raw.receive_frame(), now()) == [PeerClosed()]
            assert await raw.receive() == b"", "FIN, and no reset"
            channel.close(now())
            await raw.send(channel.data_to_send())


async def test_closing_is_harmless_twice_and_after_the_end(serving: Serving) -> None:
    async with serving(echo) as running:
        stream = await running.open()
        await stream.close()
        await stream.close()
        stream.abort()
        await stream.close()


async def test_leaving_the_block_closes_also_on_an_exception(
    serving: Serving, reasons: Callable[[], list[str]]
) -> None:
    async with serving(echo) as running:
        with pytest.raises(ValueError, match="of the caller"):
            async with await running.open():
                raise ValueError("of the caller")
        await until_idle(running.server)
    assert reasons() == []


@pytest.mark.parametrize(("count", "size"), [(200, 10_000), (5_000, 1)], ids=["large", "many"])
async def test_messages_that_nobody_reads_do_not_keep_a_closing_side(
    serving: Serving, reasons: Callable[[], list[str]], count: int, size: int
) -> None:
    """They are dropped: whoever has closed is not paused by them, and need not reset the connection."""

    async def talkative(stream: ChannelStream) -> None:
        for _ in range(count):
            await stream.send(bytes(size))

    async with serving(talkative) as running:
        stream = await running.open()
        await eventually(lambda: stream._connection.inbox.is_behind)
        await asyncio.sleep(0.2)  # what the socket holds then is more than one queue
        await stream.close()
        assert stream._connection._peer_closed, "it has waited for the other's end, and heard it"
        assert not stream._connection.inbox
        await until_idle(running.server)
    assert reasons() == []


async def send_all(stream: ChannelStream, count: int) -> None:
    for _ in range(count):
        await stream.send(bytes(60_000))


async def test_a_flood_after_our_close_fails_the_channel(serving: Serving, reasons: Callable[[], list[str]]) -> None:
    """A side that has closed does not work for as long as the other likes to send."""
    closed = asyncio.Event()

    async def refusing(stream: ChannelStream) -> None:
        await stream.receive()
        closing = asyncio.ensure_future(stream.close())
        await asyncio.sleep(0)
        closed.set()
        await closing

    async with serving(refusing, limits=ServerLimits(bytes_after_close=100_000)) as running:
        stream = await running.open()
        await stream.send(b"first")
        await closed.wait()
        with pytest.raises(ChannelError):
            await send_all(stream, 1_000)
        await until_idle(running.server)
        stream.abort()
    assert any(reason.startswith("limit") for reason in reasons())


async def test_what_was_sent_before_closing_arrives(serving: Serving) -> None:
    heard = 0

    async def counting(stream: ChannelStream) -> None:
        nonlocal heard
        async for message in stream:
            heard += len(message)
            await asyncio.sleep(0)

    async with serving(counting) as running:
        stream = await running.open()
        for _ in range(100):
            await stream.send(bytes(60_000))
        await stream.close()
        await until_idle(running.server)
    assert heard == 100 * 60_000


# --- idle and old channels ---


async def test_an_idle_channel_ends_cleanly(serving: Serving, reasons: Callable[[], list[str]]) -> None:
    async with serving(echo, idle_seconds=0.4) as running:
        stream = await running.open()
        began = time.monotonic()
        for _ in range(4):
            await asyncio.sleep(0.15)
            await stream.send(b"still here")
            assert await stream.receive() == b"still here"
        assert await stream.receive() is None
        assert time.monotonic() - began > 4 * 0.15 + 0.3
        await stream.close()
        await until_idle(running.server)
    assert reasons() == []


async def test_an_old_channel_ends_cleanly_however_busy(serving: Serving, reasons: Callable[[], list[str]]) -> None:
    async with serving(echo, lifetime_seconds=0.3) as running:
        stream = await running.open()
        began, turns, ended = time.monotonic(), 0, False
        while not ended:
            try:
                await stream.send(b"x")
            except ChannelError:
                break
            ended = await stream.receive() is None
            turns += 1
            await asyncio.sleep(0.01)
        assert turns >= 1
        assert time.monotonic() - began > 0.25
        await stream.close()
        await until_idle(running.server)
    assert reasons() == []


async def test_a_handler_at_work_when_its_channel_ends_is_not_to_blame(
    serving: Serving, reasons: Callable[[], list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    """Its answer comes too late: a ChannelError, no misuse, nothing in the log worse than a note, and no reset."""
    seen: list[BaseException] = []

    async def slow(stream: ChannelStream) -> None:
        async for message in stream:
            await asyncio.sleep(0.8)
            try:
                await stream.send(message)
            except Exception as error:
                seen.append(error)
                raise

    async with serving(slow, lifetime_seconds=0.4) as running:
        with await running.raw() as raw:
            channel = await open_by_hand(raw)
            channel.send(b"question", now())
            await raw.send(channel.data_to_send())
            assert channel.receive_data(await raw.receive_frame(), now()) == [PeerClosed()]
            assert await raw.receive() == b"", "FIN"
            await eventually(lambda: bool(seen))
            channel.close(now())
            await raw.send(channel.data_to_send())
            raw.sock.shutdown(socket.SHUT_WR)
            await until_idle(running.server)
    assert [type(error) for error in seen] == [ChannelError]
    assert isinstance(seen[0], ChannelError)
    assert seen[0].reason is FailureReason.TIMEOUT
    assert reasons() == []
    assert [entry for entry in caplog.records if entry.levelno >= logging.WARNING] == []


@pytest.mark.usefixtures("hurry")
async def test_a_peer_that_does_not_read_is_let_go_of_when_its_channel_ends(
    serving: Serving, reasons: Callable[[], list[str]]
) -> None:
    """The handler waits for the network; the deadline must reach it there."""
    ended = []

    async def endless(stream: ChannelStream) -> None:
        try:
            while True:
                await stream.send(bytes(60_000))
        except ChannelError as error:
            ended.append(error.reason)
            raise

    async with serving(endless, lifetime_seconds=0.2) as running:
        with await running.raw() as raw:
            await open_by_hand(raw)
            await until_idle(running.server)
            del raw
    assert ended == [FailureReason.TIMEOUT]
    assert reasons()[-1].startswith("timeout")


@pytest.mark.usefixtures("hurry")
async def test_a_peer_that_never_answers_a_close_is_reset(serving: Serving) -> None:
    async def quits(_: ChannelStream) -> None:
        return

    async with serving(quits) as running:
        with await running.raw() as raw:
            channel = await open_by_hand(raw)
            assert channel.receive_data(await raw.receive_frame(), now()) == [PeerClosed()]
            assert await raw.receive() == b""
            await until_idle(running.server)


async def test_a_client_that_is_never_answered_gives_up(serving: Serving, hurry: float) -> None:
    busy = asyncio.Event()

    async def ignores(_: ChannelStream) -> None:
        await busy.wait()

    async with serving(ignores) as running:
        stream = await running.open()
        began = time.monotonic()
        await stream.close()
        assert time.monotonic() - began > hurry / 2
        busy.set()
        await until_idle(running.server)


@pytest.mark.usefixtures("hurry")
async def test_whoever_is_cancelled_while_closing_leaves_no_connection_behind(serving: Serving) -> None:
    busy = asyncio.Event()

    async def ignores(_: ChannelStream) -> None:
        await busy.wait()

    async with serving(ignores) as running:
        stream = await running.open()
        closing = asyncio.create_task(stream.close())
        await asyncio.sleep(0.02)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        await eventually(stream._connection._lost.is_set)
        busy.set()


# --- the server's own end ---


async def test_a_server_that_closes_ends_open_channels_in_order(
    serving: Serving, reasons: Callable[[], list[str]]
) -> None:
    async with serving(echo) as running:
        port = running.port
        streams = [await running.open() for _ in range(3)]
        for stream in streams:
            await stream.send(b"x")
            assert await stream.receive() == b"x"
        closing = asyncio.create_task(running.server.close())
        for stream in streams:
            assert await stream.receive() is None
            await stream.close()
        await closing
        with pytest.raises(OSError, match="does not listen"):
            _ = running.server.address
        with pytest.raises(ChannelError, match=f"cannot connect to 127.0.0.1:{port}: Connection refused"):
            await open_channel("127.0.0.1", port, SUITE, KEYS.public_key)
    assert reasons() == []


async def test_a_server_that_closes_resets_half_open_connections(serving: Serving) -> None:
    async with serving(echo) as running:
        with await running.raw() as silent, await running.raw() as half:
            await half.send(Channel.client(SUITE, KEYS.public_key, now=now()).data_to_send()[:50])
            await eventually(lambda: len(running.server._connections) == 2)
            await running.server.close()
            assert await silent.receive() == RawSocket.RESET
            assert await half.receive() == RawSocket.RESET
            assert not running.server._connections


async def test_a_server_that_closes_resets_half_open_connections_before_it_waits_for_handlers(
    serving: Serving,
) -> None:
    finish = asyncio.Event()

    async def slow(stream: ChannelStream) -> None:
        await stream.receive()
        await finish.wait()

    async with serving(slow) as running:
        stream = await running.open()
        with await running.raw() as half:
            await eventually(lambda: len(running.server._connections) == 2 and len(running.server._tasks) == 1)
            closing = asyncio.create_task(running.server.close())
            assert await half.receive() == RawSocket.RESET
            assert not closing.done()
            assert len(running.server._tasks) == 1
            finish.set()
            await stream.close()
            await closing


@pytest.mark.usefixtures("hurry")
async def test_a_server_that_closes_waits_for_handlers_and_cancels_those_that_do_not_end(serving: Serving) -> None:
    fate: list[str] = []

    async def stubborn(stream: ChannelStream) -> None:
        kind = await stream.receive()
        try:
            await asyncio.sleep(0.05 if kind == b"nearly done" else 60)
            fate.append("finished")
        except asyncio.CancelledError:
            fate.append("cancelled")
            raise

    async with serving(stubborn) as running:
        nearly, never = await running.open(), await running.open()
        await nearly.send(b"nearly done")
        await never.send(b"never done")
        await asyncio.sleep(0.02)
        await running.server.close()
        assert fate == ["finished", "cancelled"]
        await nearly.close()
        await never.close()


async def test_a_server_closes_twice(serving: Serving) -> None:
    async with serving(echo) as running:
        async with await running.open() as stream:
            await stream.send(b"x")
            assert await stream.receive() == b"x"
        await running.server.close()
        await running.server.close()


@pytest.mark.parametrize("turns", range(8))
async def test_a_connection_that_arrives_while_the_server_closes_is_not_left_hanging(
    serving: Serving, turns: int
) -> None:
    """It may be accepted and not yet be known to the server at that moment."""
    async with serving(echo, handshake_seconds=60) as running:
        with await running.raw() as raw:
            for _ in range(turns):
                await asyncio.sleep(0)
            await running.server.close()
            assert await raw.receive() == RawSocket.RESET
        await eventually(lambda: not running.server._connections)


async def test_a_server_that_closes_waits_for_no_peer_for_long(serving: Serving) -> None:
    """Peers in every state that say nothing more, and some that do not read: the process has five seconds to end."""

    async def talks(stream: ChannelStream) -> None:
        if await stream.receive() == b"talk":
            while True:
                await stream.send(bytes(60_000))

    async with serving(talks) as running:
        with ExitStack() as stack:
            for number in range(40):
                raw = stack.enter_context(await running.raw())
                if number % 4:
                    channel = Channel.client(SUITE, KEYS.public_key, now=now())
                    await raw.send(channel.data_to_send())
                    channel.receive_data(await raw.receive_frame(), now())
                if number % 4 > 1:
                    await raw.send(channel.data_to_send())
                if number % 4 > 2:
                    channel.send(b"talk", now())
                    await raw.send(channel.data_to_send())
            await eventually(lambda: len(running.server.channels.staying) == 20)
            began = time.monotonic()
            await running.server.close()
            assert time.monotonic() - began < 1.25 * CLOSE_SECONDS + 1
            assert not running.server._connections


async def test_a_server_that_does_not_listen_has_no_address() -> None:
    async def never(_: ChannelStream) -> None:
        raise AssertionError

    server = Server(never, lambda **_: None)  # type: ignore[arg-type]
    with pytest.raises(OSError, match="does not listen"):
        _ = server.address
    await server.close()


async def test_the_port_is_the_one_that_the_system_picked(serving: Serving) -> None:
    async with serving(echo) as running:
        assert running.server.address == ("127.0.0.1", running.port)
        assert running.port > 0
