"""A channel over TCP: an async iterator of messages with back-pressure, and the client's way to one."""

import asyncio
import os
import socket
from collections.abc import Callable
from typing import Self

from framework.aio.clock import ChannelClock
from framework.aio.connection import Connection
from framework.aio.daemon_threads import DaemonThreads
from framework.aio.dialing import NoAddressAnsweredError, connect
from framework.aio.failure import error_of
from framework.aio.resolution import resolve
from framework.aio.settings import DEFAULT_CONNECTION_LIMITS, ConnectionLimits
from framework.channel import DEFAULT_APPLICATION, DEFAULT_SERVER_NAME, Channel
from framework.errors import ChannelError
from framework.events import ChannelFailed, FailureReason
from framework.kinds.key_pair import KeyPair
from framework.suite import Suite

__all__ = ["ChannelStream", "Connection", "open_channel"]


class ChannelStream:
    """One side of an open channel.

        async for message in stream: ...

    ends when the peer has closed, and raises ChannelError when the channel has failed.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def suite(self) -> Suite:
        """The suite of this channel."""
        return self._connection.channel.suite

    @property
    def peer_address(self) -> str:
        """The peer's `host:port`, for logs."""
        return self._connection.peer_address

    @property
    def max_message_size(self) -> int:
        """Bytes that one message carries at most."""
        return self._connection.channel.max_message_size

    def export(self, label: str, context: bytes, length: int) -> bytes:
        """As `Channel.export`."""
        return self._connection.channel.export(label, context, length)

    async def send(self, payload: bytes) -> None:
        """Send one message; waits while the network is behind. Raises ChannelError, MisuseError."""
        self._connection.send(payload)
        if self._connection.congestion is not None:
            await self._connection.drain()

    async def receive(self) -> bytes | None:
        """Give the next message, or None when the peer has closed. Raises ChannelError."""
        return await self._connection.next_message()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        message = await self.receive()
        if message is None:
            raise StopAsyncIteration
        return message

    def authenticated(self) -> None:
        """Say that the application has authenticated the peer (PROTOCOL §8.2).

        At a server that `awaits_authentication`, the channel then counts among those that stay, or fails where there
        is no room for another. Harmless if repeated, and on any other channel.
        """
        self._connection.authenticated()

    async def close(self) -> None:
        """Say close_notify and FIN, and wait a moment for the peer's. Never raises for what the peer does."""
        await self._connection.close()

    def abort(self) -> None:
        """Fail the channel without a word: the connection is reset on the next tick, which `close` waits for."""
        self._connection.abort()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()


def _why(error: OSError) -> str:
    if isinstance(error, NoAddressAnsweredError):
        return ", ".join(error.reasons)
    if isinstance(error, socket.gaierror):  # its numbers are not those of errno
        return error.strerror or "unknown host"
    return os.strerror(error.errno) if error.errno else type(error).__name__


async def open_channel(
    host: str,
    port: int,
    suite: Suite,
    server_public_key: bytes,
    *,
    take_ephemeral: Callable[[], KeyPair] | None = None,
    application: str = DEFAULT_APPLICATION,
    server_name: str = DEFAULT_SERVER_NAME,
    limits: ConnectionLimits = DEFAULT_CONNECTION_LIMITS,
    handshake_seconds: float | None = None,
) -> ChannelStream:
    """Connect, perform the handshake, and give the open channel.

    `take_ephemeral` gives a fresh key pair, for instance `EphemeralPool.take`; without it one is made. From looking up
    the host's addresses on there are `handshake_seconds`, given here or in `limits`; of several addresses each is tried
    in time. Raises ChannelError when the server cannot be reached or does not prove itself, and InvalidKeyError for a
    server key that may not be used.
    """
    limits = limits.but(handshake_seconds=handshake_seconds)
    loop = asyncio.get_running_loop()
    clock = ChannelClock()

    def begin() -> Channel:
        ephemeral = None if take_ephemeral is None else take_ephemeral()
        return Channel.client(
            suite,
            server_public_key,
            now=clock.now(),
            ephemeral=ephemeral,
            application=application,
            server_name=server_name,
        )

    workers = DaemonThreads()
    connection = Connection(await loop.run_in_executor(workers, begin), clock, workers, limits)
    deadline = loop.time() + limits.handshake_seconds
    try:
        addresses = await resolve(host, port, limits.handshake_seconds)
        async with asyncio.timeout_at(deadline):
            await loop.create_connection(lambda: connection, sock=await connect(addresses))
            await connection.established
    except TimeoutError:
        connection.abort()
        await connection.lost()
        raise error_of(ChannelFailed(FailureReason.TIMEOUT)) from None
    except OSError as error:
        raise ChannelError(f"cannot connect to {host}:{port}: {_why(error)}", FailureReason.UNREACHABLE) from None
    except (ChannelError, asyncio.CancelledError):
        connection.abort()
        await connection.lost()
        raise
    return ChannelStream(connection)
