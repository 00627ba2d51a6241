"""Room for open channels, in all and for one address, and how much there is."""

import subprocess
import sys

import pytest

from framework import ChannelError
from framework.aio import ChannelStream
from framework.aio.room import Room
from tests.support.loopback import Serving, echo


@pytest.mark.parametrize("room", [Room(channels=2), Room(channels_per_address=2)], ids=["in all", "of one address"])
async def test_no_more_channels_than_there_is_room_for(serving: Serving, room: Room) -> None:
    async def echoes(stream: ChannelStream) -> bool:
        await stream.send(b"hello")
        return await stream.receive() == b"hello"

    async with serving(echo, room=room) as running:
        first, second, third = [await running.open() for _ in range(3)]
        assert await echoes(first)
        assert await echoes(second)
        with pytest.raises(ChannelError):
            await echoes(third)
        await first.close()
        async with await running.open() as fourth:
            assert await echoes(fourth)
        assert await echoes(second)
        await second.close()
        await third.close()


# --- and how much there is ---


def test_with_descriptors_enough_the_limits_are_those_of_the_protocol() -> None:
    assert Room.within(10**6) == Room(4_096, 1_024, 512, 256, 768, 128, 512) == Room()


@pytest.mark.parametrize("descriptors", [*range(-5, 40), 168, 200, 1_000, 4_095])
def test_fewer_descriptors_are_divided_and_never_overspent(descriptors: int) -> None:
    room = Room.within(descriptors)
    kinds = (room.channels, room.unauthenticated, room.half_open, room.waiting, room.silent)
    assert min(kinds) >= 1
    assert room.connections == max(descriptors, 16)
    assert sum(kinds) <= room.connections * 15 // 16
    assert room.channels == max(kinds)


PROGRAM = """
import resource, sys
from framework.aio.room import free_descriptors
files = [open("/dev/null") for _ in range(int(sys.argv[1]))]
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[2]), 5000))
print(free_descriptors())
"""


def free(opened: int, limit: int) -> int:
    command = [sys.executable, "-c", PROGRAM, str(opened), str(limit)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_what_is_in_use_and_what_the_application_needs_is_left_out() -> None:
    assert 64 - 16 - 8 <= free(0, 64) <= 64 - 16 - 3
    assert free(0, 64) - free(20, 64) == 20
    assert free(0, 1_024) - free(0, 64) == 960
