"""Channels over TCP: messages both ways, in order, whole, with back-pressure."""

import asyncio
import tracemalloc

import pytest

from framework import MisuseError, Suite
from framework.aio import ChannelStream
from framework.frame import HEADER_SIZE
from framework.limits import MAX_QUEUED_BYTES, MAX_QUEUED_MESSAGES, READ_SIZE, Limits
from tests.support.channels import aead_suite, etm_suite
from tests.support.loopback import SUITE, Serving, echo, eventually


@pytest.mark.parametrize(
    "suite",
    [SUITE, aead_suite(), etm_suite(limits=Limits(max_inner=512, pad_quantum=32, epoch_limit=1024))],
    ids=["etm", "aead", "tight"],
)
async def test_an_echo_of_messages_of_all_sizes(serving: Serving, suite: Suite) -> None:
    async with serving(echo, suite=suite) as running, await running.open() as stream:
        sizes = [0, 1, 100, 243, 244, 499, stream.max_message_size, 0]
        for size in sizes:
            if size <= stream.max_message_size:
                message = bytes(index % 251 for index in range(size))
                await stream.send(message)
                assert await stream.receive() == message


async def test_what_a_stream_knows_of_itself(serving: Serving) -> None:
    seen: list[ChannelStream] = []

    async def handler(stream: ChannelStream) -> None:
        seen.append(stream)
        await stream.send(stream.export("label", b"context", 32))
        async for _ in stream:
            pass

    async with serving(handler) as running, await running.open() as stream:
        assert await stream.receive() == stream.export("label", b"context", 32)
        assert stream.suite is SUITE
        assert stream.peer_address == f"127.0.0.1:{running.port}"
        assert seen[0].peer_address.startswith("127.0.0.1:")
        assert stream.max_message_size == 65_523


async def test_many_messages_arrive_in_order_without_waiting_for_answers(serving: Serving) -> None:
    async with serving(echo) as running, await running.open() as stream:

        async def say() -> None:
            for number in range(500):
                await stream.send(number.to_bytes(4) * (number % 60))

        saying = asyncio.create_task(say())
        for number in range(500):
            assert await stream.receive() == number.to_bytes(4) * (number % 60)
        await saying


async def test_many_channels_at_once(serving: Serving) -> None:
    async def converse(number: int) -> None:
        async with await running.open() as stream:
            for turn in range(5):
                message = f"{number} {turn}".encode()
                await stream.send(message)
                assert await stream.receive() == message

    async with serving(echo) as running:
        await asyncio.gather(*(converse(number) for number in range(20)))


async def test_both_sides_iterate_until_the_other_closes(serving: Serving) -> None:
    heard = []

    async def handler(stream: ChannelStream) -> None:
        heard.extend([message async for message in stream])
        for message in (b"a", b"b"):
            await stream.send(message)

    async with serving(handler) as running:
        stream = await running.open()
        for message in (b"1", b"2", b"3"):
            await stream.send(message)
        stream._connection.end()
        assert [message async for message in stream] == [], "this side has closed, and hears no more"
        await stream.close()
        await eventually(lambda: heard == [b"1", b"2", b"3"])


async def test_the_server_may_speak_first_and_close_first(serving: Serving) -> None:
    async def handler(stream: ChannelStream) -> None:
        for message in (b"a", b"b"):
            await stream.send(message)

    async with serving(handler) as running, await running.open() as stream:
        assert [message async for message in stream] == [b"a", b"b"]
        assert await stream.receive() is None


async def test_misuse_of_a_stream_loses_nothing(serving: Serving) -> None:
    async with serving(echo) as running:
        stream = await running.open()
        for wrong in (bytes(stream.max_message_size + 1), "text", None):
            with pytest.raises(MisuseError):
                await stream.send(wrong)  # type: ignore[arg-type]
        await stream.send(b"right")
        assert await stream.receive() == b"right"
        await stream.close()
        with pytest.raises(MisuseError):
            await stream.send(b"too late")


# --- back-pressure ---


async def test_a_slow_reader_makes_the_sender_wait_and_nobody_s_memory_grows(serving: Serving) -> None:
    go_on = asyncio.Event()
    heard = 0

    async def slow(stream: ChannelStream) -> None:
        nonlocal heard
        await go_on.wait()
        async for message in stream:
            heard += len(message)

    total, size = 600, 60_000
    async with serving(slow) as running:
        stream = await running.open()
        sent = 0

        async def say() -> None:
            nonlocal sent
            for _ in range(total):
                await stream.send(bytes(size))
                sent += 1

        tracemalloc.start()
        try:
            saying = asyncio.create_task(say())
            previous = -1
            while sent != previous:  # until the sender makes no more progress
                previous = sent
                await asyncio.sleep(0.15)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert 0 < sent < total, "the sender must have been made to wait"
        assert peak < (MAX_QUEUED_MESSAGES + 40) * size, "what is held is bounded by the queue and two buffers"
        [connection] = running.server._connections
        assert len(connection.inbox.messages) <= MAX_QUEUED_MESSAGES + 5
        go_on.set()
        await saying
        await eventually(lambda: stream._connection.congestion is None)
        await stream.close()
        await eventually(lambda: heard == total * size)


async def test_what_waits_for_the_application_is_bounded_in_bytes_too(serving: Serving) -> None:
    size, total = 60_000, 40
    go_on = asyncio.Event()
    streams: list[ChannelStream] = []
    heard = 0

    async def handler(stream: ChannelStream) -> None:
        nonlocal heard
        streams.append(stream)
        await go_on.wait()
        async for message in stream:
            heard += len(message)

    async with serving(handler) as running:
        stream = await running.open()
        saying = asyncio.gather(*(stream.send(bytes(size)) for _ in range(total)))
        await eventually(lambda: bool(streams) and streams[0]._connection.inbox.is_behind)
        connection = streams[0]._connection
        assert MAX_QUEUED_BYTES < connection.inbox.queued_bytes <= MAX_QUEUED_BYTES + READ_SIZE
        go_on.set()
        await saying
        await eventually(lambda: heard == total * size)
        assert not connection.inbox.is_behind
        await stream.close()


async def test_reading_goes_on_as_soon_as_half_of_the_queue_is_read(serving: Serving) -> None:
    at_work = asyncio.Event()
    streams: list[ChannelStream] = []

    async def handler(stream: ChannelStream) -> None:
        streams.append(stream)
        await at_work.wait()

    async with serving(handler) as running:
        stream = await running.open()
        for number in range(400):
            await stream.send(number.to_bytes(2))
        await eventually(lambda: bool(streams) and streams[0]._connection.inbox.is_behind)
        connection = streams[0]._connection
        queued = len(connection.inbox.messages)
        assert queued > MAX_QUEUED_MESSAGES
        for number in range(queued - MAX_QUEUED_MESSAGES // 2 - 1):
            assert await streams[0].receive() == number.to_bytes(2)
            assert connection.inbox.is_behind
        for number in range(queued - MAX_QUEUED_MESSAGES // 2 - 1, 400):
            assert await streams[0].receive() == number.to_bytes(2)
        assert not connection.inbox.is_behind
        at_work.set()
        await stream.close()


async def test_every_message_looks_alike_on_the_wire(serving: Serving) -> None:
    """Traffic analysis by length: what fits one quantum is 8 + 256 + 32 bytes, whatever it says."""
    sizes: list[int] = []
    async with serving(echo) as running, await running.open() as stream:
        transport = stream._connection._transport
        assert transport is not None
        stream._connection._transport = _Spy(transport, sizes)  # type: ignore[assignment]
        for message in (b"", b"yes", b"no", b"withdraw 10000", bytes(243)):
            await stream.send(message)
        stream._connection._transport = transport
        for _ in range(5):
            await stream.receive()
    assert sizes == [HEADER_SIZE + 256 + 32] * 5


class _Spy:
    """A transport that notes the sizes of what is written."""

    def __init__(self, transport: asyncio.Transport, sizes: list[int]) -> None:
        self._transport = transport
        self._sizes = sizes

    def write(self, data: bytes) -> None:
        self._sizes.append(len(data))
        self._transport.write(data)

    def is_closing(self) -> bool:
        return self._transport.is_closing()
