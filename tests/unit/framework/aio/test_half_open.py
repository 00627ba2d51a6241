"""Handshakes under load: places, turns, deadlines, and work that waits for a thread (PROTOCOL §8.2)."""

import asyncio
import secrets
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from framework import Channel, ChannelError
from framework.aio import ChannelStream, ServerLimits
from framework.aio.clock import ChannelClock
from framework.aio.room import Room
from framework.limits import HANDSHAKE_WORKERS
from tests.support.channels import etm_suite
from tests.support.loopback import KEYS, SUITE, RawSocket, Running, Serving, echo, eventually
from tests.support.peers import X25519Kem

M2 = 2


def m1() -> bytes:
    return Channel.client(SUITE, KEYS.public_key, now=int(time.time() * 1000)).data_to_send()


async def occupy(running: Running, stack: ExitStack, count: int, source: str = "127.0.0.1") -> list[RawSocket]:
    """Connections that say nothing."""
    before = len(running.server._connections)
    made = [stack.enter_context(await running.raw(source)) for _ in range(count)]
    await eventually(lambda: len(running.server._connections) >= before + count)
    return made


async def half_open(running: Running, stack: ExitStack, source: str = "127.0.0.1") -> RawSocket:
    """A connection that has its M2 and does not answer."""
    raw = stack.enter_context(await running.raw(source))
    await raw.send(m1())
    assert (await raw.receive_frame())[0] == M2
    return raw


async def customer(running: Running) -> None:
    """Comes, is served, and goes."""
    async with await running.open() as stream:
        await stream.send(b"x")
        assert await stream.receive() == b"x"


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


async def test_the_addresses_have_turns(serving: Serving, gated: Gated) -> None:
    """However many first messages one address sends, another waits for two at work and one turn."""
    answered: list[str] = []

    async def one(source: str) -> None:
        with await running.raw(source) as raw:
            await raw.send(m1())
            assert (await raw.receive_frame())[0] == M2
            answered.append(source)

    async with serving(echo, suite=etm_suite(kex=gated)) as running:
        flood = [asyncio.create_task(one("127.0.0.9")) for _ in range(20)]
        await eventually(lambda: len(running.server.handshakes.waiting) == 20 - HANDSHAKE_WORKERS)
        honest = asyncio.create_task(one("127.0.0.8"))
        await eventually(lambda: len(running.server.handshakes.waiting) == 21 - HANDSHAKE_WORKERS)
        gated.gate.set()
        await asyncio.gather(honest, *flood)
        assert answered.index("127.0.0.8") < 2 * HANDSHAKE_WORKERS + 2


async def test_an_address_with_nothing_half_open_goes_first(serving: Serving, gated: Gated) -> None:
    """It waits for those at work, and not for a turn of every address that floods."""
    gated.gate.set()
    answered: list[str] = []

    async def one(source: str) -> None:
        with await running.raw(source) as raw:
            await raw.send(m1())
            assert (await raw.receive_frame())[0] == M2
            answered.append(source)

    async with serving(echo, suite=etm_suite(kex=gated)) as running:
        with ExitStack() as stack:
            flooders = [f"127.0.0.{number}" for number in range(10, 30)]
            for source in flooders:
                await half_open(running, stack, source)
            gated.gate.clear()
            flood = [asyncio.create_task(one(source)) for source in flooders]
            waiting = running.server.handshakes.waiting
            await eventually(lambda: len(waiting) == len(flooders) - HANDSHAKE_WORKERS)
            honest = asyncio.create_task(one("127.0.0.8"))
            await eventually(lambda: len(waiting) == len(flooders) + 1 - HANDSHAKE_WORKERS)
            gated.gate.set()
            await asyncio.gather(honest, *flood)
    assert answered.index("127.0.0.8") < 3 * HANDSHAKE_WORKERS


async def test_a_third_message_goes_before_all_first_ones(serving: Serving, gated: Gated) -> None:
    begun_before: list[int] = []

    async def served(_: ChannelStream) -> None:
        begun_before.append(gated.begun)

    gated.gate.set()
    async with serving(served, suite=etm_suite(kex=gated)) as running:
        with ExitStack() as stack:
            raw = stack.enter_context(await running.raw())
            clock = ChannelClock()
            client = Channel.client(SUITE, KEYS.public_key, now=clock.now())
            await raw.send(client.data_to_send())
            client.receive_data(await raw.receive_frame(), clock.now())
            gated.gate.clear()
            for _ in range(20):
                other = stack.enter_context(await running.raw())
                await other.send(m1())
            handshakes = running.server.handshakes
            await eventually(lambda: len(handshakes.waiting) == 20 - HANDSHAKE_WORKERS)
            await raw.send(client.data_to_send())
            await eventually(lambda: len(handshakes._with_m3) == 1)
            gated.begun = 0
            gated.gate.set()
            await eventually(lambda: bool(begun_before))
            assert begun_before[0] < 10


@pytest.mark.parametrize("how", ["hangs up", "resets", "says more", "is late"])
async def test_whoever_goes_before_its_turn_costs_nothing(serving: Serving, gated: Gated, how: str) -> None:
    async with serving(echo, suite=etm_suite(kex=gated), handshake_seconds=0.3) as running:
        with ExitStack() as stack:
            handshakes = running.server.handshakes
            crowd = [stack.enter_context(await running.raw()) for _ in range(20)]
            for raw in crowd:
                await raw.send(m1())
            await eventually(lambda: len(handshakes.waiting) == 20 - HANDSHAKE_WORKERS)
            for raw in crowd:
                if how == "hangs up":
                    raw.sock.shutdown(socket.SHUT_WR)
                elif how == "resets":
                    raw.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    raw.close()
                elif how == "says more":
                    await raw.send(b"x")
            await eventually(lambda: len(handshakes.waiting) == 0)
            gated.gate.set()
            await eventually(lambda: not running.server._connections)
            assert gated.begun == HANDSHAKE_WORKERS


async def test_a_replayed_first_message_costs_no_decapsulation(
    serving: Serving, gated: Gated, reasons: Callable[[], list[str]]
) -> None:
    """Eight at once, and later."""
    async with serving(echo, suite=etm_suite(kex=gated)) as running:
        with ExitStack() as stack:
            recorded = m1()
            copies = [stack.enter_context(await running.raw(f"127.0.0.{n}")) for n in range(10, 18)]
            for raw in copies:
                await raw.send(recorded)
            await eventually(lambda: len(reasons()) == 7)
            assert set(reasons()) == {"authentication (a first message that came before)"}
            gated.gate.set()
            answers = await asyncio.gather(*(raw.receive() for raw in copies))
            assert answers.count(RawSocket.RESET) == 7
            late = stack.enter_context(await running.raw())
            await late.send(recorded)
            assert await late.receive() == RawSocket.RESET
            assert gated.begun == 1
            await customer(running)


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
