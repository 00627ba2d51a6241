"""Open channels whose peer the application has not authenticated are counted by themselves (PROTOCOL §8.2)."""

import asyncio

import pytest

from framework import ChannelError
from framework.aio import ChannelStream
from framework.aio.room import Room
from framework.events import FailureReason
from tests.support.loopback import Running, Serving, eventually

PASSWORD = b"open sesame"


async def doorkeeper(stream: ChannelStream) -> None:
    """Authenticates by a password, and echoes."""
    async for message in stream:
        if message == PASSWORD:
            stream.authenticated()
        await stream.send(message)


async def echoes(stream: ChannelStream, message: bytes = b"x") -> bool:
    await stream.send(message)
    return await stream.receive() == message


async def is_failed(stream: ChannelStream) -> bool:
    try:
        async with asyncio.timeout(5):
            await stream.receive()
    except ChannelError as error:
        return error.reason is FailureReason.CONNECTION
    return False


async def let_go(*streams: ChannelStream) -> None:
    for stream in streams:
        stream.abort()
    await asyncio.gather(*(stream.close() for stream in streams))


async def test_the_oldest_gives_way_and_the_authenticated_stay(serving: Serving) -> None:
    async with serving(doorkeeper, awaits_authentication=True, room=Room(unauthenticated=2)) as running:
        customers = []
        for _ in range(4):
            customers.append(await running.open())
            assert await echoes(customers[-1], PASSWORD)
        first, *others = [await running.open() for _ in range(3)]
        assert await is_failed(first)
        for stream in (*customers, *others):
            assert await echoes(stream)
        await let_go(*customers, first, *others)


@pytest.mark.parametrize("room", [Room(channels=1), Room(channels_per_address=1)], ids=["in all", "of one address"])
async def test_who_authenticates_needs_a_place_among_those_that_stay(serving: Serving, room: Room) -> None:
    async with serving(doorkeeper, awaits_authentication=True, room=room) as running:
        first, second, third = [await running.open() for _ in range(3)]
        assert await echoes(first, PASSWORD)
        await second.send(PASSWORD)
        assert await is_failed(second)
        assert await echoes(third), "it has not authenticated, and needs no such place yet"
        await first.close()
        await eventually(lambda: len(running.server.channels.staying) == 0)
        assert await echoes(third, PASSWORD)
        await let_go(second, third)


async def test_a_place_is_given_back_once(serving: Serving) -> None:
    async with serving(doorkeeper, awaits_authentication=True) as running:
        for says in (b"x", PASSWORD):
            stream = await running.open()
            assert await echoes(stream, says)
            assert await echoes(stream, says), "to say it again is harmless"
            assert counted(running) == ((1, 0) if says == b"x" else (0, 1))
            await stream.close()
            await eventually(lambda: counted(running) == (0, 0))


async def test_without_it_every_open_channel_stays(serving: Serving) -> None:
    async with serving(doorkeeper, room=Room(unauthenticated=1)) as running:
        streams = [await running.open() for _ in range(3)]
        for stream in streams:
            assert await echoes(stream)
            assert await echoes(stream, PASSWORD)
        assert counted(running) == (0, 3)
        streams[0]._connection.authenticated()  # a client's own: it counts nothing
        await let_go(*streams)


def counted(running: Running) -> tuple[int, int]:
    """Open channels that are not authenticated, and those that stay."""
    channels = running.server.channels
    return len(channels.unauthenticated), len(channels.staying)
