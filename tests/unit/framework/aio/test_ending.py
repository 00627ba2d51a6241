"""Clean ends: either side first, and what is still under way then (PROTOCOL §6.7)."""

import asyncio
from collections.abc import Callable

import pytest

from framework import ChannelError, PeerClosed
from framework.aio import ChannelStream, ServerLimits
from tests.support.by_hand import now, open_by_hand, until_idle
from tests.support.loopback import Serving, echo, eventually


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
        assert not stream._connection.inbox.messages
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
