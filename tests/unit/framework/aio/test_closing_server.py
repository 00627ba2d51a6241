"""The server's own end: in order for those who let it, and soon for all."""

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from framework import Channel, ChannelError, open_channel
from framework.aio import ChannelStream, Server
from framework.limits import CLOSE_SECONDS
from tests.support.by_hand import now
from tests.support.loopback import KEYS, SUITE, RawSocket, Serving, echo, eventually


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
