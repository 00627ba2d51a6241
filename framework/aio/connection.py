"""The channel between its socket and the application's tasks (PROTOCOL §6.7, §8.1)."""

import asyncio
from concurrent.futures import Executor
from typing import NoReturn

from framework.aio.clock import ChannelClock
from framework.aio.ending import EndingConnection
from framework.aio.keepalive import keep_alive
from framework.aio.settings import DEFAULT_CONNECTION_LIMITS, ConnectionLimits
from framework.channel import Channel
from framework.errors import ChannelError, MisuseError
from framework.events import Event, FailureReason, HandshakeCompleted, MessageReceived, PeerClosed
from framework.limits import READ_SIZE


class Connection(EndingConnection, asyncio.BufferedProtocol):
    """One of these a connection, on both sides.

    It reads into a buffer: `asyncio.Protocol` would allocate 256 KiB for every read, however little comes, which takes
    several times as long as the read itself. All connections of a server share one, for what is read is copied at once.
    """

    def __init__(
        self,
        channel: Channel,
        clock: ChannelClock,
        workers: Executor | None,
        limits: ConnectionLimits = DEFAULT_CONNECTION_LIMITS,
        buffer: memoryview | None = None,
    ) -> None:
        super().__init__(channel, clock, limits)
        self.last_received = clock.now()
        self._workers = workers
        self._buffer = read_buffer() if buffer is None else buffer
        self._taken_after_close = 0

    # --- asyncio.BufferedProtocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: remember the transport and send what the channel already has to say."""
        if not isinstance(transport, asyncio.Transport):
            raise MisuseError("a channel runs over a stream transport")
        self._transport = transport
        host, port, *_ = transport.get_extra_info("peername") or ("?", 0)
        self.peer_address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        keep_alive(transport.get_extra_info("socket"))
        self._flush()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - the interface's
        """Where the next read goes."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was read."""
        self.data_received(bytes(self._buffer[:nbytes]))

    def data_received(self, data: bytes) -> None:
        """Hand the bytes to the channel; a step that computes for milliseconds goes to a worker thread."""
        now = self.last_received = self._clock.now()
        if self._failure is not None:
            return
        if self._application_is_gone:
            self._taken_after_close += len(data)
            if self._taken_after_close > self._limits.bytes_after_close:
                self.fail(FailureReason.LIMIT, "data without end to a side that has closed")
                return
        is_costly = self.channel.is_costly(len(data))
        try:
            events = self.channel.screen(data, now) if is_costly else self.channel.receive_data(data, now)
        except Exception as error:  # noqa: BLE001 - as in `_computed`: not even a bug may fail in another way
            self.fail(FailureReason.INTERNAL, type(error).__name__)
            return
        self._deliver(events)
        if is_costly and self.channel.is_costly(0):
            self._waiting = True
            self._wait_for_turn()

    def eof_received(self) -> bool:
        """Note the end of the stream; the transport stays open, for our close_notify may still be due."""
        if self._failure is None:
            self._deliver(self.channel.receive_eof())
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is gone."""
        if not self.channel.is_closed:
            self.fail(FailureReason.CONNECTION, type(exc).__name__ if exc else "the connection was closed")
        self._lost.set()
        self.resume_writing()
        self.inbox.wake()

    def pause_writing(self) -> None:
        """The network is behind."""
        self.congestion = asyncio.Event()

    # --- for the stream and the server ---

    def send(self, payload: bytes) -> None:
        """Seal a message and hand it to the transport. Raises ChannelError, also where the channel had to end."""
        if self._failure is not None or self.expired:
            self._refuse()
        try:
            self.channel.send(payload, self._clock.now())
        except BaseException:
            self._notice_failure()
            raise
        self._flush()

    async def drain(self) -> None:
        """Wait until the transport takes more. Raises ChannelError if the channel failed meanwhile."""
        if self.congestion is not None:
            await self.congestion.wait()
            self._raise_failure()

    async def next_message(self) -> bytes | None:
        """Wait for a message, the peer's end or our own (None), or a failure (ChannelError)."""
        inbox = self.inbox
        while not inbox.messages:
            if self._peer_closed or self._ended:
                return None
            self._raise_failure()
            await inbox.news()
        was_behind, message = inbox.is_behind, inbox.take()
        if was_behind and not inbox.is_behind:
            self.resume_reading()
        return message

    def authenticated(self) -> None:
        """Take note that the application has authenticated the peer: that matters to a server's places alone."""

    def compute(self) -> None:
        """Do the step of the handshake that the channel waits with, in a worker thread; `_computed` follows always."""
        self._waiting, self._computing = False, True
        try:
            self.pause_reading()
            work = self._loop.run_in_executor(self._workers, self.channel.receive_data, b"", self.last_received)
        except Exception as error:  # noqa: BLE001 - the system has no thread or no memory, the executor is shut down
            self.fail(FailureReason.INTERNAL, f"no thread computes its handshake: {type(error).__name__}")
            work = self._loop.create_future()
            work.set_result([])
        work.add_done_callback(self._computed)

    # --- inside ---

    def _wait_for_turn(self) -> None:
        """A client has one handshake, which waits for nothing."""
        self.compute()

    def _computed(self, work: "asyncio.Future[list[Event]]") -> None:
        """Take a handshake step back from the worker thread."""
        self._computing = False
        try:
            events = work.result()
            if self._failure is None:
                self._flush()  # a step of the handshake answers; a record never does
                self._deliver(events)
                self.resume_reading()
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever it is, this channel alone fails
            self.fail(FailureReason.INTERNAL, "cancelled" if work.cancelled() else type(error).__name__)
        if self._failure is not None:  # perhaps while the thread had the channel
            self.channel.fail(self._failure.reason, self._failure.detail)

    def _deliver(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, MessageReceived):
                if not self._application_is_gone:
                    self.inbox.put(event.data)
            elif isinstance(event, HandshakeCompleted):
                self._establish()
            elif isinstance(event, PeerClosed):
                self._peer_closed = True
            else:
                self._note_failure(event)
        self.inbox.wake()
        if self.inbox.is_behind:
            self.pause_reading()

    def _establish(self) -> None:
        if not self.established.done():  # cancelled, by whoever waited, in the same moment
            self.established.set_result(None)

    def _refuse(self) -> NoReturn:
        self._raise_failure()
        raise ChannelError("the channel had to end", FailureReason.TIMEOUT)


def read_buffer() -> memoryview:
    """Where one read of a socket goes."""
    return memoryview(bytearray(READ_SIZE))
