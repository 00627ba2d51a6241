"""Handshakes under load: places, the line, deadlines, and work that waits for a thread (PROTOCOL §8.2)."""

import asyncio
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from framework import Channel, ChannelError
from framework.aio.admission import Admission
from framework.limits import HANDSHAKE_WORKERS, MAX_HANDSHAKES_PER_ADDRESS
from tests.support.channels import etm_suite
from tests.support.loopback import KEYS, SUITE, RawSocket, Running, Serving, echo, eventually
from tests.support.peers import X25519Kem

EACH = MAX_HANDSHAKES_PER_ADDRESS


def m1() -> bytes:
    return Channel.client(SUITE, KEYS.public_key, now=int(time.time() * 1000)).data_to_send()


async def occupy(running: Running, stack: ExitStack, count: int, source: str = "127.0.0.1") -> list[RawSocket]:
    """Connections that say nothing."""
    before = len(running.server._connections)
    made = [stack.enter_context(await running.raw(source)) for _ in range(count)]
    await eventually(lambda: len(running.server._connections) == before + count)
    return made


async def test_eight_handshakes_of_one_address_and_the_ninth_waits_unread(serving: Serving) -> None:
    async with serving(echo) as running:
        with ExitStack() as stack:
            silent = await occupy(running, stack, EACH)
            late = stack.enter_context(await running.raw())
            await late.send(m1())
            await asyncio.sleep(0.1)
            assert len(running.server.admission._line) == 1
            [waiting] = [entry[0] for entry in running.server.admission._line]
            assert len(waiting.channel._incoming) == 0, "nothing is read of it"
            assert waiting.channel.state == "EXPECT_M1"
            silent[0].close()
            assert (await late.receive_frame())[0] == 2, "its turn: M2"


async def test_another_address_does_not_wait(serving: Serving) -> None:
    """Linux: all of 127.0.0.0/8 is the loopback."""
    async with serving(echo) as running:
        with ExitStack() as stack:
            await occupy(running, stack, EACH + 20, "127.0.0.9")
            async with await running.open() as stream:
                await stream.send(b"x")
                assert await stream.receive() == b"x"


async def test_sixty_four_handshakes_in_all(serving: Serving) -> None:
    async with serving(echo) as running:
        with ExitStack() as stack:
            crowds = [await occupy(running, stack, EACH, f"127.0.0.{host}") for host in range(10, 18)]
            assert len(running.server.admission._admitted) == 64
            opening = asyncio.create_task(running.open())
            await asyncio.sleep(0.1)
            assert not opening.done()
            crowds[3][2].close()
            stream = await opening
            await stream.send(b"x")
            assert await stream.receive() == b"x"
            await stream.close()


async def test_whoever_finds_neither_place_nor_room_is_sent_away(
    serving: Serving, reasons: Callable[[], list[str]]
) -> None:
    async with serving(echo) as running:
        running.server.admission = Admission(places=2, places_per_address=2, waiting=2, waiting_per_address=2)
        with ExitStack() as stack:
            await occupy(running, stack, 4)
            refused = stack.enter_context(await running.raw())
            assert await refused.receive() == RawSocket.RESET
        assert reasons()[0] == "limit (no place and no room to wait)"


async def test_a_completed_handshake_passes_its_place_on(serving: Serving) -> None:
    async with serving(echo) as running:
        running.server.admission = Admission(places=1, places_per_address=1, waiting=50, waiting_per_address=50)
        streams = await asyncio.gather(*(running.open() for _ in range(20)))
        for stream in streams:
            await stream.send(b"x")
            assert await stream.receive() == b"x"
        assert not running.server.admission._admitted
        await asyncio.gather(*(stream.close() for stream in streams))


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


async def test_whoever_waits_in_line_has_the_same_deadline(serving: Serving) -> None:
    async with serving(echo, handshake_seconds=1.0) as running:
        running.server.admission = Admission(places=1, places_per_address=1, waiting=9, waiting_per_address=9)
        with ExitStack() as stack:
            first = stack.enter_context(await running.raw())
            await first.send(m1())
            assert (await first.receive_frame())[0] == 2
            [second] = await occupy(running, stack, 1)
            [waiting] = [entry[0] for entry in running.server.admission._line]
            deadline = waiting._deadline
            first.close()
            await eventually(lambda: waiting in running.server.admission._admitted)
            assert waiting._deadline is deadline, "it counts from accepting, not from its turn"
            assert await second.receive() == RawSocket.RESET
        await eventually(lambda: not running.server._connections)


async def test_an_open_channel_is_not_ended_by_the_deadline_of_its_handshake(serving: Serving) -> None:
    async with serving(echo, handshake_seconds=0.5) as running, await running.open() as stream:
        await asyncio.sleep(0.7)
        await stream.send(b"x")
        assert await stream.receive() == b"x"


# --- work that waits for a thread ---


class Gated(X25519Kem):
    """Decapsulates when the gate is open."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.at_work = 0
        self.most_at_work = 0
        self.begun = 0
        self._lock = threading.Lock()

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        with self._lock:
            self.begun += 1
            self.at_work += 1
            self.most_at_work = max(self.most_at_work, self.at_work)
        assert self.gate.wait(30)
        with self._lock:
            self.at_work -= 1
        return super().decapsulate(private_key, ciphertext)


@pytest.fixture
def gated() -> Iterator[Gated]:
    kem = Gated()
    yield kem
    kem.gate.set()


async def test_two_handshakes_are_computed_at_once_and_open_channels_go_on(serving: Serving, gated: Gated) -> None:
    gated.gate.set()
    async with serving(echo, suite=etm_suite(kex=gated)) as running:
        stream = await running.open()
        gated.gate.clear()
        with ExitStack() as stack:
            for _ in range(5):
                raw = stack.enter_context(await running.raw())
                await raw.send(m1())
            await eventually(lambda: gated.at_work == HANDSHAKE_WORKERS)
            await asyncio.sleep(0.05)
            await stream.send(b"x")
            assert await stream.receive() == b"x"
            assert gated.most_at_work == HANDSHAKE_WORKERS
            gated.gate.set()
            await eventually(lambda: gated.begun >= 5)
        await stream.close()


async def test_whoever_hangs_up_or_is_late_keeps_its_place_until_its_work_is_done(
    serving: Serving, gated: Gated
) -> None:
    """Otherwise the queue of the threads would grow by eight for every deadline that passes."""
    async with serving(echo, suite=etm_suite(kex=gated), handshake_seconds=0.15) as running:
        with ExitStack() as stack:
            for _ in range(3):
                for _ in range(EACH):
                    raw = stack.enter_context(await running.raw())
                    await raw.send(m1())
                await asyncio.sleep(0.25)
            queued = running.server.workers._work_queue.qsize()
            assert queued + gated.at_work <= EACH
            gated.gate.set()
            await eventually(lambda: not running.server._connections)
        assert not running.server.admission._admitted
        assert not running.server.admission._line


async def test_a_channel_that_failed_while_it_was_computed_stays_failed(serving: Serving, gated: Gated) -> None:
    async with serving(echo, suite=etm_suite(kex=gated), handshake_seconds=0.15) as running:
        with await running.raw() as raw:
            await raw.send(m1())
            await eventually(lambda: gated.at_work == 1)
            [connection] = running.server._connections
            assert await raw.receive() == RawSocket.RESET
            gated.gate.set()
            await eventually(lambda: not running.server._connections)
            assert connection.channel.state == "FAILED"
            assert connection.channel.data_to_send() == b""
        assert not running.server._tasks


async def test_a_server_closes_while_handshakes_are_computed(serving: Serving, gated: Gated) -> None:
    async with serving(echo, suite=etm_suite(kex=gated)) as running:
        with ExitStack() as stack:
            sockets = [stack.enter_context(await running.raw()) for _ in range(5)]
            for raw in sockets:
                await raw.send(m1())
            await eventually(lambda: gated.at_work == HANDSHAKE_WORKERS)
            await running.server.close()
            for raw in sockets:
                assert await raw.receive() == RawSocket.RESET
            gated.gate.set()
            await eventually(lambda: not running.server._connections)


async def test_a_client_whose_server_computes_for_ever_gives_up(serving: Serving, gated: Gated) -> None:
    async with serving(echo, suite=etm_suite(kex=gated)) as running:
        with pytest.raises(ChannelError, match="did not answer in time"):
            await running.open(handshake_seconds=0.2)
        gated.gate.set()
        await eventually(lambda: not running.server._connections)
