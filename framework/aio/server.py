"""Serving channels over TCP: admission, deadlines, one task a channel, and an orderly end."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Self

from framework.aio.accepted import ServerConnection
from framework.aio.clock import ChannelClock
from framework.aio.connection import read_buffer
from framework.aio.handshakes import Handshakes
from framework.aio.listener import Listener
from framework.aio.listening import bound_sockets
from framework.aio.open_channels import OpenChannels
from framework.aio.room import Room, free_descriptors
from framework.aio.settings import DEFAULT_SERVER_LIMITS, ServerLimits
from framework.aio.stream import ChannelStream
from framework.aio.workers import started_workers
from framework.channel import DEFAULT_APPLICATION, DEFAULT_SERVER_NAME, Channel
from framework.errors import ChannelError
from framework.handshake.first_messages import FirstMessages
from framework.kinds.key_pair import KeyPair
from framework.suite import Suite

logger = logging.getLogger("suitecase.server")

Handler = Callable[[ChannelStream], Awaitable[None]]
"""Serves one open channel; when it returns, the channel is closed."""


class Server:
    """Listens and serves. Made by `serve`; an async context manager."""

    def __init__(
        self,
        handler: Handler,
        make_channel: Callable[..., Channel],
        *,
        limits: ServerLimits = DEFAULT_SERVER_LIMITS,
        awaits_authentication: bool = False,
        room: Room | None = None,
    ) -> None:
        self.limits = limits
        self.room = Room.within(free_descriptors(), limits.room) if room is None else room
        self.handshakes = Handshakes(self.room)
        self.channels = OpenChannels(self.room, awaits_authentication=awaits_authentication)
        self.workers = started_workers()
        self.buffer = read_buffer()
        self._handler = handler
        self._make_channel = make_channel
        self._listener: Listener | None = None
        self._connections: set[ServerConnection] = set()
        self._beginning: set[asyncio.Task[None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, host: str | Sequence[str], port: int) -> None:
        """Bind and accept. Raises OSError."""
        sockets = await bound_sockets(host, port)
        self._listener = Listener(sockets, self._accepted, self._has_room, self.room.accepts_at_once)
        self._listener.listen()

    @property
    def address(self) -> tuple[str, int]:
        """The host and port that are listened on."""
        if self._listener is None:
            raise OSError("the server does not listen")
        return self._listener.address

    async def close(self) -> None:
        """Accept no more, close every channel in order, and wait for their handlers; reset what does not end.

        That takes one and a quarter `close_seconds` at most, in which a peer can answer, and a tick.
        """
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        await asyncio.gather(*self._beginning)
        for connection in tuple(self._connections):
            if connection.established.done():
                connection.expire()
            else:
                connection.abort()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=1.25 * self.limits.close_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        left = tuple(self._connections)
        for connection in left:
            connection.abort()
        for connection in left:
            await connection.lost()
        self.workers.shutdown(wait=False, cancel_futures=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    def _has_room(self) -> bool:
        return len(self._connections) < self.room.connections

    def _accepted(self, sock: socket.socket) -> None:
        clock = ChannelClock()
        connection = ServerConnection(self, self._make_channel(now=clock.now()), clock)
        self._connections.add(connection)
        task = asyncio.get_running_loop().create_task(self._begin(connection, sock))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)

    async def _begin(self, connection: ServerConnection, sock: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: connection, sock)
        except OSError:  # it is gone already
            sock.close()
            self.forget(connection)

    def start_handler(self, connection: ServerConnection) -> None:
        """Serve an open channel in a task of its own, if there is room for another."""
        if self.channels.enter(connection):
            task = asyncio.get_running_loop().create_task(self._serve(connection))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def forget(self, connection: ServerConnection) -> None:
        """Let go of a connection that is lost."""
        self._connections.discard(connection)
        self.channels.leave(connection)
        if self._listener is not None:
            self._listener.room_again()

    async def _serve(self, connection: ServerConnection) -> None:
        stream = ChannelStream(connection)
        try:
            await self._handler(stream)
        except ChannelError:
            # Logged where it happened; no other channel notices. One that had to end does so in order.
            if connection.expired:
                await stream.close()
            else:
                stream.abort()
        except asyncio.CancelledError:
            stream.abort()
            raise
        except Exception:
            logger.exception("the handler of %s failed", stream.peer_address)
            stream.abort()
        else:
            await stream.close()


async def serve(
    handler: Handler,
    host: str | Sequence[str],
    port: int,
    suite: Suite,
    key_pair: KeyPair,
    *,
    application: str = DEFAULT_APPLICATION,
    server_name: str = DEFAULT_SERVER_NAME,
    limits: ServerLimits = DEFAULT_SERVER_LIMITS,
    handshake_seconds: float | None = None,
    idle_seconds: float | None = None,
    lifetime_seconds: float | None = None,
    awaits_authentication: bool = False,
    room: Room | None = None,
) -> Server:
    """Listen on host:port (port 0: one that the system picks) and serve channels with `handler`.

    A host with several addresses is listened on at each that this system has, and so are several hosts, at one port.

    With `awaits_authentication` an open channel is counted by itself until the handler calls
    `ChannelStream.authenticated`; when there are too many such channels, the oldest of the address that has most is
    failed. So peers that never authenticate take no place from those that do (PROTOCOL §8.2).

    `limits` are all that a program may choose; seconds that are given beside them count in their place. `room` says how
    many connections of each kind there are; without it, as many as the limits and the process's descriptors allow.

    The static key pair belongs to this suite alone. Raises OSError when the address cannot be bound, MisuseError for a
    key pair of another key exchange, and ConfigurationError for a limit that is not above zero, or where the system has
    no thread for the handshakes.
    """
    make = partial(
        Channel.server,
        suite,
        key_pair,
        application=application,
        server_name=server_name,
        first_messages=FirstMessages(suite.limits.skew_ms),
    )
    make(now=ChannelClock().now())  # what is wrong with the arguments is said here, and not to every client
    server = Server(
        handler,
        make,
        limits=limits.but(
            handshake_seconds=handshake_seconds, idle_seconds=idle_seconds, lifetime_seconds=lifetime_seconds
        ),
        awaits_authentication=awaits_authentication,
        room=room,
    )
    try:
        await server.listen(host, port)
    except BaseException:  # cancelled, or a host that no name can be, too
        server.workers.shutdown(wait=False)
        raise
    return server
