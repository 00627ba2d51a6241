"""A server on the loopback, and raw sockets that watch it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from framework import KeyPair, Suite, open_channel, serve
from framework.aio import ChannelStream, Server
from tests.support.channels import etm_suite

SUITE = etm_suite()
KEYS = SUITE.key_exchange.generate_key_pair()

Handler = Callable[[ChannelStream], Awaitable[None]]


@dataclass
class Running:
    """A server and the way to it."""

    server: Server
    suite: Suite
    keys: KeyPair

    @property
    def port(self) -> int:
        return self.server.address[1]

    async def open(self, **options: Any) -> ChannelStream:
        """A channel to it."""
        return await open_channel("127.0.0.1", self.port, self.suite, self.keys.public_key, **options)

    async def raw(self, source: str = "127.0.0.1") -> "RawSocket":
        """A connection to it without any channel, from this address of the loopback."""
        sock = socket.socket()
        try:
            sock.setblocking(False)
            sock.bind((source, 0))
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
        except BaseException:
            sock.close()
            raise
        return RawSocket(sock)


class RawSocket:
    """What an observer of the connection sees: bytes, the end of the stream, or a reset."""

    RESET = "reset"

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.sock, data)

    async def receive(self, size: int = 65_536) -> bytes | str:
        """Bytes, none at the end of the stream, or RESET."""
        try:
            async with asyncio.timeout(30):
                return await asyncio.get_running_loop().sock_recv(self.sock, size)
        except ConnectionResetError:
            return self.RESET

    async def receive_frame(self) -> bytes:
        """One whole frame."""
        frame = b""
        while len(frame) < 8 or len(frame) < 8 + int.from_bytes(frame[4:8]):
            due = 8 - len(frame) if len(frame) < 8 else 8 + int.from_bytes(frame[4:8]) - len(frame)
            part = await self.receive(due)
            assert isinstance(part, bytes)
            assert part, "the stream ended within a frame"
            frame += part
        return frame

    def close(self) -> None:
        self.sock.close()

    def __enter__(self) -> "RawSocket":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


Serving = Callable[..., AbstractAsyncContextManager[Running]]


@asynccontextmanager
async def serving_on_loopback(
    handler: Handler, suite: Suite = SUITE, keys: KeyPair = KEYS, **options: Any
) -> AsyncIterator[Running]:
    """Serve a handler for the length of a block."""
    async with await serve(handler, "127.0.0.1", 0, suite, keys, **options) as server:
        yield Running(server, suite, keys)


async def echo(stream: ChannelStream) -> None:
    """The simplest handler."""
    async for message in stream:
        await stream.send(message)


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until it holds, for half a minute at most."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the condition belongs to others, who set no event
            await asyncio.sleep(0.005)
