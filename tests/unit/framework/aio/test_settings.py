"""Limits as settings: a program that is no bank has others (PROTOCOL §8.2)."""

import asyncio
import math
from dataclasses import FrozenInstanceError

import pytest

from framework import ChannelError, ConfigurationError
from framework.aio import ChannelStream, ConnectionLimits, Room, ServerLimits
from framework.events import FailureReason
from tests.support.loopback import Serving, echo, eventually


def test_the_defaults_are_those_of_the_protocol() -> None:
    limits = ServerLimits()
    assert (limits.handshake_seconds, limits.first_message_seconds) == (5, 2)
    assert (limits.idle_seconds, limits.lifetime_seconds) == (900, 3600)
    assert (limits.queued_messages, limits.queued_bytes, limits.bytes_after_close) == (64, 256 * 1024, 4 * 1024**2)
    assert limits.room == Room()
    assert {name: vars(limits)[name] for name in vars(ConnectionLimits())} == vars(ConnectionLimits())


SECONDS = [name for name in vars(ServerLimits()) if name.endswith("_seconds")]
NUMBERS = [name for name in vars(ServerLimits()) if name not in (*SECONDS, "room")]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [0, -1, math.nan])
def test_a_limit_is_above_zero(name: str, value: float) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} must be above 0, not"):
        ServerLimits(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SECONDS)
def test_seconds_are_not_below_zero(name: str) -> None:
    for value in (-1, -0.001, math.nan):
        with pytest.raises(ConfigurationError, match=f"{name} must not be below 0"):
            ServerLimits(**{name: value})  # type: ignore[arg-type]
    assert vars(ServerLimits(**{name: 0}))[name] == 0  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", list(vars(Room())))
def test_there_is_room_for_one_of_each_kind(kind: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{kind} must be above 0"):
        Room(**{kind: 0})
    least = Room.within(10_000, Room(**{kind: 1}))
    assert vars(least)[kind] == 1
    assert least.channels_per_address <= least.channels
    assert min(vars(Room.within(0)).values()) >= 1


def test_limits_are_values() -> None:
    limits = ServerLimits(idle_seconds=7)
    assert limits.but(handshake_seconds=1, idle_seconds=None) == ServerLimits(idle_seconds=7, handshake_seconds=1)
    assert limits.but() == limits
    with pytest.raises(FrozenInstanceError):
        limits.idle_seconds = 8  # type: ignore[misc]


async def test_no_limit_at_all(serving: Serving) -> None:
    """As a tunnel has it, which pings, and whose channels live as long as what they carry. A close still ends, for
    it waits for the peer's end alone.
    """
    endless = ServerLimits(
        handshake_seconds=math.inf, first_message_seconds=math.inf, idle_seconds=math.inf, lifetime_seconds=math.inf
    )
    patient = ConnectionLimits(handshake_seconds=math.inf, close_seconds=math.inf)
    async with asyncio.timeout(30), serving(echo, limits=endless) as running:
        stream = await running.open(limits=patient)
        await stream.send(b"x")
        assert await stream.receive() == b"x"
        await stream.close()


async def test_what_is_given_by_itself_counts_before_the_limits(serving: Serving) -> None:
    limits = ServerLimits(lifetime_seconds=600, idle_seconds=600)
    async with serving(echo, limits=limits, lifetime_seconds=0.2) as running, await running.open() as stream:
        async with asyncio.timeout(30):
            assert await stream.receive() is None
        assert running.server.limits == limits.but(lifetime_seconds=0.2)


async def test_the_client_s_limits_are_its_own(serving: Serving) -> None:
    """Two messages wait at most; then reading pauses, and goes on when one of them has been taken."""

    async def talkative(stream: ChannelStream) -> None:
        for number in range(20):
            await stream.send(bytes([number]))
        await stream.receive()

    narrow = ConnectionLimits(queued_messages=2)
    async with serving(talkative) as running, await running.open(limits=narrow) as stream:
        await eventually(lambda: stream._connection.inbox.is_behind)
        assert [await stream.receive() for _ in range(20)] == [bytes([number]) for number in range(20)]
        assert not stream._connection.inbox.is_behind


async def test_one_address_may_have_all_channels_where_that_is_wanted(serving: Serving) -> None:
    """The entry of a tunnel is one address."""
    for room, count in ((Room(channels=4, channels_per_address=4), 4), (Room(channels=4, channels_per_address=2), 2)):
        async with serving(echo, limits=ServerLimits(room=room)) as running:
            streams = [await running.open() for _ in range(count + 1)]
            for stream in streams[:count]:
                await stream.send(b"x")
                assert await stream.receive() == b"x"
            with pytest.raises(ChannelError) as caught:
                await streams[count].receive()
            assert caught.value.reason in (FailureReason.CONNECTION, FailureReason.TRUNCATED)
            for stream in streams:
                await stream.close()


@pytest.mark.parametrize("descriptors", [16, 40, 1_000, 10**6])
def test_more_descriptors_do_not_raise_what_is_wanted(descriptors: int) -> None:
    most = Room(
        connections=100, channels=7, channels_per_address=1, unauthenticated=3, half_open=4, waiting=2, silent=5
    )
    room = Room.within(descriptors, most)
    assert all(1 <= vars(room)[name] <= vars(most)[name] for name in vars(most))
    assert descriptors < 1_000 or room == most
