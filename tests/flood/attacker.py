"""The attacker, a process of its own: it knows the bank's public key, and has no card.

    python -m tests.flood.attacker HOST PORT SUITE PUBLIC_KEY_HEX [--seconds …]

Its ephemeral key pair and its encapsulation are always the same, so that a first message costs it hashes alone, and the
bank as much as any. It says `ready`, begins at the end of its standard input, and then says each second how many
connections it has made, and how many of them became channels.
"""

import argparse
import asyncio
import dataclasses
import itertools
import resource
import secrets
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from app.protocol.names import APPLICATION, SERVER_NAME
from framework import Channel, Encapsulation, KeyPair, RandomBytes, Suite, load_registry
from framework.kinds.key_exchange import GuardedKeyExchange
from tests.flood.plan import Plan

RECORDED_SECONDS = 25.0
"""A recorded first message is replayed for so long; then its timestamp would be too old."""

HELD_SECONDS = 10.0
"""How long a connection is held unless the bank ends it, which it does sooner."""


class SameEncapsulation:
    """A KEM as it is, but that it encapsulates for each public key once."""

    def __init__(self, real: GuardedKeyExchange) -> None:
        self._real = real
        self._made: dict[bytes, Encapsulation] = {}
        self.info = real.info
        self.public_key_size = real.public_key_size
        self.private_key_size = real.private_key_size
        self.ciphertext_size = real.ciphertext_size

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        return self._real.generate_key_pair(random_bytes=random_bytes)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        if public_key not in self._made:
            self._made[public_key] = self._real.encapsulate(public_key, random_bytes=random_bytes)
        return self._made[public_key]

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return self._real.decapsulate(private_key, ciphertext)

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        """It is the bank's."""


class Attacker:
    """Makes connections at a steady rate and lets them lie."""

    def __init__(self, host: str, port: int, suite: Suite, public_key: bytes, plan: Plan) -> None:
        self._address = (host, port)
        kex = GuardedKeyExchange(SameEncapsulation(suite.key_exchange), "attacker")
        self._suite = dataclasses.replace(suite, key_exchange=kex)
        self._public_key = public_key
        self._plan = plan
        self._ephemeral: KeyPair = suite.key_exchange.generate_key_pair()
        self._sources = itertools.cycle(plan.sources)
        self._tasks: set[asyncio.Task[None]] = set()
        self._recorded = (0.0, b"")
        self._made = 0
        self._opened = 0
        self._channel()  # so that the encapsulation is made

    async def run(self) -> None:
        """Flood for the plan's seconds."""
        plan = self._plan
        kinds: list[tuple[int, Callable[[socket.socket], Awaitable[None]]]] = [
            (plan.silent, self._say_nothing),
            (plan.replayed, self._replay),
            (plan.fresh, self._begin),
            (plan.cardless, self._open),
        ]
        telling = asyncio.create_task(self._tell())
        await asyncio.gather(*(self._steadily(rate, act) for rate, act in kinds if rate))
        telling.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _tell(self) -> None:
        for second in itertools.count(1):
            await asyncio.sleep(1)
            sys.stdout.write(f"{second} {self._made} {self._opened}\n")
            sys.stdout.flush()

    async def _steadily(self, rate: int, act: Callable[[socket.socket], Awaitable[None]]) -> None:
        began = time.monotonic()
        for number in range(int(self._plan.seconds * rate)):
            await asyncio.sleep(began + number / rate - time.monotonic())
            task = asyncio.create_task(self._connect(next(self._sources), act))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self, source: str, act: Callable[[socket.socket], Awaitable[None]]) -> None:
        with socket.socket() as sock:
            sock.setblocking(False)
            with suppress(OSError, TimeoutError):
                sock.bind((source, 0))
                async with asyncio.timeout(HELD_SECONDS):
                    await asyncio.get_running_loop().sock_connect(sock, self._address)
                    self._made += 1
                    await act(sock)
                    await self._until_the_end(sock)

    async def _until_the_end(self, sock: socket.socket) -> None:
        while await asyncio.get_running_loop().sock_recv(sock, 65_536):
            pass

    async def _say_nothing(self, sock: socket.socket) -> None:
        pass

    async def _replay(self, sock: socket.socket) -> None:
        made, m1 = self._recorded
        if not m1 or time.monotonic() - made > RECORDED_SECONDS:
            m1 = self._channel().data_to_send()
            self._recorded = (time.monotonic(), m1)
        await asyncio.get_running_loop().sock_sendall(sock, m1)

    async def _begin(self, sock: socket.socket) -> None:
        await asyncio.get_running_loop().sock_sendall(sock, self._channel().data_to_send())

    async def _open(self, sock: socket.socket) -> None:
        loop, channel = asyncio.get_running_loop(), self._channel()
        await loop.sock_sendall(sock, channel.data_to_send())
        while not channel.is_open:
            data = await loop.sock_recv(sock, 65_536)
            if not data:
                return
            channel.receive_data(data, _now())
        await loop.sock_sendall(sock, channel.data_to_send())
        self._opened += 1

    def _channel(self) -> Channel:
        return Channel.client(
            self._suite,
            self._public_key,
            now=_now(),
            ephemeral=self._ephemeral,
            application=APPLICATION,
            server_name=SERVER_NAME,
        )


def _now() -> int:
    return time.time_ns() // 1_000_000


def main() -> None:
    """Flood."""
    parser = argparse.ArgumentParser(prog="python -m tests.flood.attacker")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("suite")
    parser.add_argument("public_key", type=bytes.fromhex)
    add_plan(parser)
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    suite = Suite.parse(options.suite, load_registry())
    plan = Plan.from_options(options)
    attacker = Attacker(options.host, options.port, suite, options.public_key, plan)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    asyncio.run(attacker.run())


def add_plan(parser: argparse.ArgumentParser) -> None:
    """Let a command line say what the flood does."""
    for name, value in Plan.__dataclass_fields__.items():
        parser.add_argument(f"--{name}", type=type(value.default), default=value.default)


if __name__ == "__main__":
    main()
