"""Handshakes under load: places, deadlines and memory (PROTOCOL §8.2)."""

import asyncio
import secrets
import time
import tracemalloc
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from framework.aio import ServerLimits
from framework.aio.room import Room
from tests.support.by_hand import M2, m1
from tests.support.crowd import customer, half_open, occupy
from tests.support.loopback import RawSocket, Serving, echo, eventually

# --- who gives way ---


async def test_of_the_silent_the_oldest_gives_way(serving: Serving, reasons: Callable[[], list[str]]) -> None:
    async with serving(echo, room=Room(silent=4)) as running:
        with ExitStack() as stack:
            crowd = await occupy(running, stack, 5)
            assert await crowd[0].receive() == RawSocket.RESET
            await customer(running)
            assert reasons() == ["limit (a newer connection has its place)"] * 2
            await crowd[4].send(m1())
            assert (await crowd[4].receive_frame())[0] == M2, "the newest is there still"


async def test_an_address_pushes_out_its_own(serving: Serving) -> None:
    """Linux: all of 127.0.0.0/8 is the loopback."""
    async with serving(echo, room=Room(silent=4)) as running:
        with ExitStack() as stack:
            [slow] = await occupy(running, stack, 1, "127.0.0.8")
            flood = [stack.enter_context(await running.raw("127.0.0.9")) for _ in range(50)]
            for raw in flood[:-3]:
                assert await raw.receive() == RawSocket.RESET
            await slow.send(m1())
            assert (await slow.receive_frame())[0] == M2


async def test_of_the_half_open_the_oldest_gives_way(serving: Serving, reasons: Callable[[], list[str]]) -> None:
    async with serving(echo, room=Room(half_open=3)) as running:
        with ExitStack() as stack:
            crowd = [await half_open(running, stack) for _ in range(4)]
            assert await crowd[0].receive() == RawSocket.RESET
            await customer(running)
            assert await crowd[1].receive() == RawSocket.RESET
            assert reasons() == ["limit (a newer connection has its place)"] * 2


async def test_a_silent_crowd_takes_no_place_from_handshakes(serving: Serving) -> None:
    async with serving(echo, room=Room(silent=8)) as running:
        with ExitStack() as stack:
            for host in range(10, 18):
                for _ in range(30):
                    stack.enter_context(await running.raw(f"127.0.0.{host}"))
            await eventually(lambda: len(running.server.handshakes.silent) == 8)
            await customer(running)
            assert len(running.server.handshakes.silent) == 7, (
                "those that stayed silent lost one place, to the customer"
            )


async def test_no_more_are_accepted_than_there_is_room_for(serving: Serving) -> None:
    """Whoever comes then waits in the system's queue until another has gone."""
    async with serving(echo, room=Room(connections=6, silent=6)) as running:
        with ExitStack() as stack:
            crowd = await occupy(running, stack, 6)
            waiting = asyncio.create_task(customer(running))
            await asyncio.sleep(0.2)
            assert not waiting.done()
            assert len(running.server._connections) == 6
            crowd[3].close()
            await waiting


async def test_a_crowd_that_goes_leaves_nothing(serving: Serving) -> None:
    async with serving(echo) as running:
        with ExitStack() as stack:
            crowd = await occupy(running, stack, 20)
            crowd.append(await half_open(running, stack))
            for raw in crowd:
                raw.close()
            await eventually(lambda: not running.server._connections)
        handshakes = running.server.handshakes
        assert len(handshakes.silent) == len(handshakes.waiting) == len(handshakes.half_open) == 0


async def test_an_honest_client_is_served_during_a_flood(serving: Serving) -> None:
    """Of one address: garbage, silence and hang-ups, again and again; from another, a customer."""

    async def flood() -> None:
        while True:
            with await running.raw("127.0.0.66") as raw:
                await raw.send(secrets.choice([b"garbage!", m1()[:30], m1()]))
                await asyncio.sleep(0.01)

    async with serving(echo) as running:
        flooders = [asyncio.create_task(flood()) for _ in range(20)]
        await asyncio.sleep(0.1)
        for _ in range(3):
            async with await running.open(handshake_seconds=20) as stream:
                await stream.send(b"x")
                assert await stream.receive() == b"x"
        for task in flooders:
            task.cancel()
        await asyncio.gather(*flooders, return_exceptions=True)


# --- the deadline ---


async def test_a_handshake_has_one_deadline_however_busy_it_is(
    serving: Serving, reasons: Callable[[], list[str]]
) -> None:
    """Slowloris: a byte now and then does not prolong it."""
    async with serving(echo, handshake_seconds=0.25) as running:
        with await running.raw() as raw:
            began = time.monotonic()

            async def dribble() -> None:
                for byte in m1():
                    await raw.send(bytes([byte]))
                    await asyncio.sleep(0.02)

            with pytest.raises((ConnectionResetError, BrokenPipeError)):
                await dribble()
            assert time.monotonic() - began > 0.2
        assert reasons() == ["timeout (no handshake within its deadline)"]


async def test_the_deadline_covers_the_third_message_too(serving: Serving) -> None:
    async with serving(echo, handshake_seconds=0.2) as running:
        with await running.raw() as raw:
            await raw.send(m1())
            assert (await raw.receive_frame())[0] == 2
            assert await raw.receive() == RawSocket.RESET


def failed(caplog: pytest.LogCaptureFixture, *connections: RawSocket) -> list[RawSocket]:
    """Those of them that have failed, in that order."""
    ports = {connection.sock.getsockname()[1]: connection for connection in connections}
    said = [
        record.getMessage().partition(" failed: ")[0] for record in caplog.records if record.name == "suitecase.channel"
    ]
    return [ports[port] for line in said if (port := int(line.rpartition(":")[2])) in ports]


async def test_who_stays_silent_is_sent_away_sooner(
    serving: Serving, caplog: pytest.LogCaptureFixture, reasons: Callable[[], list[str]]
) -> None:
    first, whole = 1.0, 1.5
    async with serving(echo, limits=ServerLimits(first_message_seconds=first, handshake_seconds=whole)) as running:
        with await running.raw() as half, await running.raw() as silent, await running.raw() as slow:
            await half.send(m1())
            assert (await half.receive_frame())[0] == M2
            began = time.monotonic()
            await slow.send(m1()[:-1])
            for raw in (silent, slow, half):
                assert await raw.receive() == RawSocket.RESET
            assert time.monotonic() - began > whole - first
            assert failed(caplog, half, silent, slow) == [silent, slow, half], "who came first is the last to go"
        assert reasons() == ["timeout (no handshake within its deadline)"] * 3


async def test_a_first_message_does_not_prolong_the_deadline(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    """It counts from accepting."""
    async with serving(echo, handshake_seconds=1.0) as running:
        with await running.raw() as early:
            await asyncio.sleep(0.1)
            with await running.raw() as later:
                for raw in (later, early):
                    await raw.send(m1())
                    assert (await raw.receive_frame())[0] == M2
                for raw in (later, early):
                    assert await raw.receive() == RawSocket.RESET
                assert failed(caplog, early, later) == [early, later]


async def test_an_open_channel_is_not_ended_by_the_deadline_of_its_handshake(serving: Serving) -> None:
    async with serving(echo, handshake_seconds=0.5) as running, await running.open() as stream:
        await asyncio.sleep(0.7)
        await stream.send(b"x")
        assert await stream.receive() == b"x"


# --- memory ---

LITTLE = 12 * 1024
"""Bytes for a connection and its channel, with asyncio's part and the test's own socket; a read buffer has 64 KiB."""


@pytest.mark.parametrize("state", ["silent", "half open"])
async def test_a_connection_that_is_not_open_costs_little_memory(serving: Serving, state: str) -> None:
    count = 100
    async with serving(echo) as running:
        with ExitStack() as stack:

            async def come() -> None:
                if state == "silent":
                    stack.enter_context(await running.raw())
                else:
                    await half_open(running, stack)

            await come()
            tracemalloc.start()
            try:
                for _ in range(count):
                    await come()
                await eventually(lambda: len(running.server._connections) == count + 1)
                held, _ = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
            assert held / count < LITTLE
