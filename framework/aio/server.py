"""Serving channels over TCP: admission, deadlines, one task a channel, and an orderly end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Self

from framework.aio.admission import Admission, Verdict
from framework.aio.clock import ChannelClock
from framework.aio.connection import Connection
from framework.aio.listening import bound_sockets
from framework.aio.places import Places, network_of
from framework.aio.stream import ChannelStream
from framework.channel import DEFAULT_APPLICATION, DEFAULT_SERVER_NAME, Channel
from framework.errors import ChannelError
from framework.events import Event, FailureReason
from framework.limits import (
    CLOSE_SECONDS,
    HANDSHAKE_SECONDS,
    HANDSHAKE_WORKERS,
    IDLE_SECONDS,
    LIFETIME_SECONDS,
    MAX_CHANNELS,
    MAX_CHANNELS_PER_ADDRESS,
    MAX_UNAUTHENTICATED,
)
from framework.primitives import KeyPair
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
        handshake_seconds: float,
        idle_seconds: float,
        lifetime_seconds: float,
        awaits_authentication: bool = False,
    ) -> None:
        self.handshake_seconds = handshake_seconds
        self.idle_seconds = idle_seconds
        self.lifetime_seconds = lifetime_seconds
        self.admission: Admission[ServerConnection] = Admission()
        self.workers = ThreadPoolExecutor(HANDSHAKE_WORKERS, thread_name_prefix="handshake")
        self._handler = handler
        self._make_channel = make_channel
        self._listeners: list[asyncio.Server] = []
        self._connections: set[ServerConnection] = set()
        self._open: Places[ServerConnection] = Places(MAX_CHANNELS)
        self._unauthenticated: Places[ServerConnection] = Places(MAX_UNAUTHENTICATED)
        self._awaits_authentication = awaits_authentication
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, host: str | Sequence[str], port: int) -> None:
        """Bind and accept. Raises OSError."""
        loop = asyncio.get_running_loop()
        sockets = await bound_sockets(host, port)
        try:
            for sock in sockets:
                self._listeners.append(await loop.create_server(self._connection, sock=sock, backlog=512))
        except OSError:
            for sock in sockets:
                sock.close()
            raise

    @property
    def address(self) -> tuple[str, int]:
        """The host and port that are listened on."""
        if not self._listeners or not self._listeners[0].sockets:
            raise OSError("the server does not listen")
        host, port, *_ = self._listeners[0].sockets[0].getsockname()
        return host, port

    async def close(self) -> None:
        """Accept no more, close every channel in order, and wait for their handlers; reset what does not end."""
        for listener in self._listeners:
            await self._stop_listening(listener)
        for connection in tuple(self._connections):
            if connection.established.done():
                connection.expire()
            else:
                connection.abort()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=2 * CLOSE_SECONDS)
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

    @staticmethod
    async def _stop_listening(listener: asyncio.Server) -> None:
        for sock in listener.sockets:
            asyncio.get_running_loop().remove_reader(sock.fileno())
        for _ in range(2):  # until whoever was being accepted is known: asyncio would lose it
            await asyncio.sleep(0)
        listener.close()

    def _connection(self) -> "ServerConnection":
        clock = ChannelClock()
        return ServerConnection(self, self._make_channel(now=clock.now()), clock)

    def admit(self, connection: "ServerConnection", address: str) -> Verdict:
        """Take a new connection in."""
        self._connections.add(connection)
        return self.admission.enter(connection, address)

    def handshake_over(self, connection: "ServerConnection") -> None:
        """Pass the place on to those who wait for it."""
        for admitted in self.admission.leave(connection):
            admitted.resume_reading()

    def start_handler(self, connection: "ServerConnection") -> None:
        """Serve an open channel in a task of its own, if there is room for another."""
        if self._awaits_authentication:
            oldest = self._unauthenticated.enter(connection, connection.network)
            if oldest is not None:
                oldest.fail(FailureReason.LIMIT, "not authenticated, and newer channels wait for its place")
        elif not self._let_stay(connection):
            return
        task = asyncio.get_running_loop().create_task(self._serve(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def authenticated(self, connection: "ServerConnection") -> None:
        """Count a channel among those that stay."""
        if self._unauthenticated.leave(connection):
            self._let_stay(connection)

    def _let_stay(self, connection: "ServerConnection") -> bool:
        if self._open.is_full or self._open.count(connection.network) >= MAX_CHANNELS_PER_ADDRESS:
            connection.fail(FailureReason.LIMIT, "no room for another open channel")
            return False
        self._open.enter(connection, connection.network)
        return True

    def forget(self, connection: "ServerConnection") -> None:
        """Let go of a connection that is lost."""
        self._connections.discard(connection)
        self._unauthenticated.leave(connection)
        self._open.leave(connection)
        self.handshake_over(connection)

    async def _serve(self, connection: "ServerConnection") -> None:
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


class ServerConnection(Connection):
    """A connection that was accepted: it needs a place, has a deadline, and ends when it is idle or old."""

    def __init__(self, server: Server, channel: Channel, clock: ChannelClock) -> None:
        super().__init__(channel, clock, server.workers)
        self.network = "?"
        self._server = server
        self._deadline: asyncio.TimerHandle | None = None
        self._idle: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a place; until there is one, read nothing (PROTOCOL §8.2)."""
        super().connection_made(transport)
        self.network = network_of(self.peer_address.rpartition(":")[0])
        self._set_deadline(self._server.handshake_seconds, self._handshake_late)
        verdict = self._server.admit(self, self.network)
        if verdict is not Verdict.ADMITTED:
            self.pause_reading()
        if verdict is Verdict.REFUSED:
            self.fail(FailureReason.LIMIT, "no place and no room to wait")

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything."""
        for timer in (self._deadline, self._idle):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)
        if not self._computing:  # else its work still occupies a place
            self._server.forget(self)

    def expire(self) -> None:
        """End the channel in order; a peer that does not read, and so keeps the handler waiting, is reset."""
        self.expired = True
        self._set_deadline(2 * CLOSE_SECONDS, self._overdue)
        self.end()

    def authenticated(self) -> None:
        """Count among the channels that stay."""
        self._server.authenticated(self)

    def _computed(self, work: "asyncio.Future[list[Event]]") -> None:
        super()._computed(work)
        if self._lost.is_set():
            self._server.forget(self)

    def _establish(self) -> None:
        super()._establish()
        self._set_deadline(self._server.lifetime_seconds, self.expire)
        self._idle = self._loop.call_later(self._server.idle_seconds, self._check_idle)
        self._server.handshake_over(self)
        self._server.start_handler(self)

    def _set_deadline(self, seconds: float, late: Callable[[], None]) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._loop.call_later(seconds, late)

    def _handshake_late(self) -> None:
        self.fail(FailureReason.TIMEOUT, "no handshake within its deadline")

    def _check_idle(self) -> None:
        left = self._server.idle_seconds - (self._clock.now() - self.last_received) / 1000
        if left <= 0:
            self.expire()
        else:
            self._idle = self._loop.call_later(left, self._check_idle)

    def _overdue(self) -> None:
        self.fail(FailureReason.TIMEOUT, "the channel had to end, and the peer did not let it")


async def serve(
    handler: Handler,
    host: str | Sequence[str],
    port: int,
    suite: Suite,
    key_pair: KeyPair,
    *,
    application: str = DEFAULT_APPLICATION,
    server_name: str = DEFAULT_SERVER_NAME,
    handshake_seconds: float = HANDSHAKE_SECONDS,
    idle_seconds: float = IDLE_SECONDS,
    lifetime_seconds: float = LIFETIME_SECONDS,
    awaits_authentication: bool = False,
) -> Server:
    """Listen on host:port (port 0: one that the system picks) and serve channels with `handler`.

    A host with several addresses is listened on at each that this system has, and so are several hosts, at one port.

    With `awaits_authentication` an open channel is counted by itself until the handler calls
    `ChannelStream.authenticated`; when there are too many such channels, the oldest of the address that has most is
    failed. So peers that never authenticate take no place from those that do (PROTOCOL §8.2).

    The static key pair belongs to this suite alone. Raises OSError when the address cannot be bound, and MisuseError
    for a key pair of another key exchange.
    """
    make = partial(Channel.server, suite, key_pair, application=application, server_name=server_name)
    make(now=ChannelClock().now())  # what is wrong with the arguments is said here, and not to every client
    server = Server(
        handler,
        make,
        handshake_seconds=handshake_seconds,
        idle_seconds=idle_seconds,
        lifetime_seconds=lifetime_seconds,
        awaits_authentication=awaits_authentication,
    )
    try:
        await server.listen(host, port)
    except OSError:
        server.workers.shutdown(wait=False)
        raise
    return server
