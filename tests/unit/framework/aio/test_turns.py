"""Handshakes that wait for their turn in a thread (PROTOCOL §4.8, §8.2)."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from framework import Channel, ChannelError
from framework.aio import ChannelStream
from framework.aio.clock import ChannelClock
from framework.limits import HANDSHAKE_WORKERS
from tests.support.by_hand import M2, m1
from tests.support.channels import etm_suite
from tests.support.crowd import customer, half_open
from tests.support.loopback import KEYS, SUITE, RawSocket, Serving, echo, eventually
from tests.support.peers import X25519Kem


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
