"""The attacker, a process of its own: it knows the bank's public key, and has no card.

    python -m tests.flood.attacker HOST PORT SUITE PUBLIC_KEY_HEX [--seconds …]

Its ephemeral key pair is always the same, so that a first message costs it one encapsulation alone.
"""

import argparse
import asyncio
import itertools
import resource
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from app.bank import APPLICATION, SERVER_NAME
from framework import Channel, KeyPair, Suite, load_registry
from tests.flood.plan import Plan

RECORDED_SECONDS = 25.0
"""A recorded first message is replayed for so long; then its timestamp would be too old."""

HELD_SECONDS = 10.0
"""How long a connection is held unless the bank ends it, which it does sooner."""


class Attacker:
    """Makes connections at a steady rate and lets them lie."""

    def __init__(self, host: str, port: int, suite: Suite, public_key: bytes, plan: Plan) -> None:
        self._address = (host, port)
        self._suite = suite
        self._public_key = public_key
        self._plan = plan
        self._ephemeral: KeyPair = suite.key_exchange.generate_key_pair()
        self._sources = itertools.cycle(plan.sources)
        self._tasks: set[asyncio.Task[None]] = set()
        self._recorded = (0.0, b"")
        self.made = 0
        self.failed = 0
        self.opened = 0

    async def run(self) -> None:
        """Flood for the plan's seconds."""
        plan = self._plan
        kinds: list[tuple[int, Callable[[socket.socket], Awaitable[None]]]] = [
            (plan.silent, self._say_nothing),
            (plan.replayed, self._replay),
            (plan.fresh, self._begin),
            (plan.cardless, self._open),
        ]
        await asyncio.gather(*(self._steadily(rate, act) for rate, act in kinds if rate))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _steadily(self, rate: int, act: Callable[[socket.socket], Awaitable[None]]) -> None:
        began = time.monotonic()
        for number in range(int(self._plan.seconds * rate)):
            await asyncio.sleep(began + number / rate - time.monotonic())
            task = asyncio.create_task(self._connect(next(self._sources), act))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self, source: str, act: Callable[[socket.socket], Awaitable[None]]) -> None:
        self.made += 1
        with socket.socket() as sock:
            sock.setblocking(False)
            try:
                sock.bind((source, 0))
                async with asyncio.timeout(HELD_SECONDS):
                    await asyncio.get_running_loop().sock_connect(sock, self._address)
                    await act(sock)
                    await self._until_the_end(sock)
            except (OSError, TimeoutError):
                self.failed += 1

    async def _until_the_end(self, sock: socket.socket) -> None:
        with suppress(ConnectionResetError):
            while await asyncio.get_running_loop().sock_recv(sock, 65_536):
                pass

    async def _say_nothing(self, sock: socket.socket) -> None:
        pass

    async def _replay(self, sock: socket.socket) -> None:
        made, m1 = self._recorded
        if time.monotonic() - made > RECORDED_SECONDS or not m1:
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
        self.opened += 1

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
    """Flood, and say how many connections there were, how many were not made in time, and how many became channels."""
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
    asyncio.run(attacker.run())
    sys.stdout.write(f"{attacker.made} {attacker.failed} {attacker.opened}\n")


def add_plan(parser: argparse.ArgumentParser) -> None:
    """Let a command line say what the flood does."""
    for name, value in Plan.__dataclass_fields__.items():
        parser.add_argument(f"--{name}", type=type(value.default), default=value.default)


if __name__ == "__main__":
    main()
