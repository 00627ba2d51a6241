"""Accepting: while there is room, and not while the system has none (PROTOCOL §8.2)."""

import asyncio
import errno
import logging
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager

import pytest

from framework import open_channel
from framework.aio.listener import Listener
from framework.limits import ACCEPT_PAUSE_SECONDS
from tests.support.loopback import SUITE, eventually


class Troubled(socket.socket):
    """A listening socket with which accepting fails so many times."""

    def __init__(self, trouble: int = 0, times: int = 0) -> None:
        super().__init__()
        self.bind(("127.0.0.1", 0))
        self.setblocking(False)
        self.trouble = trouble
        self.left = times
        self.tried = 0

    def accept(self) -> tuple[socket.socket, object]:
        self.tried += 1
        if self.left:
            self.left -= 1
            raise OSError(self.trouble, os.strerror(self.trouble))
        return super().accept()


@asynccontextmanager
async def listening(
    sock: socket.socket, has_room: Callable[[], bool] = lambda: True, at_once: int = 32
) -> AsyncIterator[tuple[Listener, list[socket.socket]]]:
    accepted: list[socket.socket] = []
    listener = Listener([sock], accepted.append, has_room, at_once)
    listener.listen()
    try:
        yield listener, accepted
    finally:
        listener.close()
        for each in accepted:
            each.close()


def calls(stack: ExitStack, listener: Listener, count: int) -> None:
    """Connections, which the system completes whether they are accepted or not."""
    for _ in range(count):
        stack.enter_context(socket.create_connection(listener.address))


@pytest.mark.parametrize("trouble", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
async def test_a_pause_while_the_system_has_no_room_and_one_line_of_log(
    trouble: int, caplog: pytest.LogCaptureFixture
) -> None:
    sock = Troubled(trouble, times=3)
    async with listening(sock) as (listener, accepted):
        with ExitStack() as stack:
            began = asyncio.get_running_loop().time()
            calls(stack, listener, 5)
            await eventually(lambda: len(accepted) == 5)
            assert asyncio.get_running_loop().time() - began >= 3 * ACCEPT_PAUSE_SECONDS * 0.9
            assert sock.tried <= 3 + 5 + 5, "it does not try again and again in between"
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert warnings == [f"accepting pauses while the system has no room: {os.strerror(trouble)}"]


@pytest.mark.parametrize("trouble", [errno.ECONNABORTED, errno.EPROTO, errno.ENETDOWN, errno.EHOSTUNREACH])
async def test_whoever_has_gone_again_stops_nobody_else(trouble: int, caplog: pytest.LogCaptureFixture) -> None:
    """accept(2): errors of the network that wait for a socket are told there, too."""
    async with listening(Troubled(trouble, times=3)) as (listener, accepted):
        with ExitStack() as stack:
            calls(stack, listener, 5)
            await eventually(lambda: len(accepted) == 5)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_nothing_is_accepted_without_room_and_all_when_there_is_some_again() -> None:
    room = 2
    async with listening(Troubled(), lambda: len(accepted) < room) as (listener, accepted):
        with ExitStack() as stack:
            calls(stack, listener, 5)
            await asyncio.sleep(0.1)
            assert len(accepted) == 2
            listener.room_again()
            await asyncio.sleep(0.05)
            assert len(accepted) == 2
            room = 5
            listener.room_again()
            await eventually(lambda: len(accepted) == 5)


async def test_room_does_not_end_a_pause() -> None:
    sock = Troubled(errno.EMFILE, times=1)
    async with listening(sock) as (listener, accepted):
        with ExitStack() as stack:
            calls(stack, listener, 1)
            await eventually(lambda: sock.tried == 1)
            listener.room_again()
            await asyncio.sleep(ACCEPT_PAUSE_SECONDS / 2)
            assert not accepted
            await eventually(lambda: len(accepted) == 1)


async def test_few_are_accepted_in_a_row() -> None:
    seen: list[int] = []
    async with listening(Troubled(), at_once=2) as (listener, accepted):
        with ExitStack() as stack:
            calls(stack, listener, 7)
            async with asyncio.timeout(30):
                while len(accepted) < 7:
                    await asyncio.sleep(0)
                    seen.append(len(accepted))
    assert max(after - before for before, after in zip([0, *seen], seen, strict=False)) == 2


@pytest.mark.parametrize("moment", ["accepting", "full", "pausing"])
async def test_closed_it_accepts_no_more(moment: str) -> None:
    sock = Troubled(errno.EMFILE, times=moment == "pausing")
    async with listening(sock, lambda: moment != "full") as (listener, accepted):
        with ExitStack() as stack:
            calls(stack, listener, 1)
            await asyncio.sleep(0.02)
            listener.close()
            count = len(accepted)
            listener.room_again()
            await asyncio.sleep(ACCEPT_PAUSE_SECONDS * 1.5)
            assert len(accepted) == count


PROGRAM = """
import asyncio, logging, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
logging.basicConfig(level=logging.WARNING)
from framework import serve
from framework.aio.room import Room
from tests.support.loopback import KEYS, SUITE, echo

async def main():
    room = None if sys.argv[1] == "divided" else Room()
    async with await serve(echo, "127.0.0.1", 0, SUITE, KEYS, room=room) as server:
        print(server.address[1], KEYS.public_key.hex(), flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""
"""A server with 64 descriptors that divides them, or one that is told there were room enough."""


@pytest.mark.parametrize("room", ["divided", "not divided"])
def test_with_few_descriptors(room: str) -> None:
    """A crowd of three times as many. Whoever comes after it is served, and the log has a line at most."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM, room]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            port, public_key = process.stdout.readline().split()
            asyncio.run(crowd(int(port), bytes.fromhex(public_key), served_meanwhile=room == "divided"))
        finally:
            _, log = process.communicate("", 30)
    assert process.returncode == 0
    assert "Traceback" not in log
    assert len(log.splitlines()) <= (0 if room == "divided" else 1), log


async def crowd(port: int, public_key: bytes, *, served_meanwhile: bool) -> None:
    with ExitStack() as stack:
        for _ in range(192):
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        await asyncio.sleep(0.5)
        if served_meanwhile:
            await served(port, public_key)
    await served(port, public_key)


async def served(port: int, public_key: bytes) -> None:
    async with await open_channel("127.0.0.1", port, SUITE, public_key) as stream:
        await stream.send(b"x")
        assert await stream.receive() == b"x"
