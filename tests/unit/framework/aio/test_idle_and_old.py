"""Channels that end because they are idle or old, and peers that do not let go."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable

import pytest

from framework import ChannelError, PeerClosed
from framework.aio import ChannelStream
from framework.events import FailureReason
from tests.support.by_hand import now, open_by_hand, until_idle
from tests.support.loopback import Serving, echo, eventually


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
