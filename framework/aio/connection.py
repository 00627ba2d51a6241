"""The channel between its socket and the application's tasks (PROTOCOL §6.7, §8.1)."""

import asyncio
import logging
from collections import deque
from concurrent.futures import Executor
from typing import NoReturn

from framework.aio.clock import ChannelClock
from framework.aio.failure import error_of
from framework.aio.keepalive import keep_alive
from framework.aio.reset import reset_on_close
from framework.channel import Channel
from framework.errors import ChannelError, MisuseError
from framework.events import ChannelFailed, Event, FailureReason, HandshakeCompleted, MessageReceived, PeerClosed
from framework.limits import (
    CLOSE_SECONDS,
    FAILURE_TICK_SECONDS,
    MAX_AFTER_CLOSE,
    MAX_QUEUED_BYTES,
    MAX_QUEUED_MESSAGES,
    READ_SIZE,
)
from framework.transitions import State

logger = logging.getLogger("suitecase.channel")


class Connection(asyncio.BufferedProtocol):
    """One of these a connection, on both sides.

    It reads into a buffer: `asyncio.Protocol` would allocate 256 KiB for every read, however little comes, which takes
    several times as long as the read itself. All connections of a server share one, for what is read is copied at once.
    """

    def __init__(
        self, channel: Channel, clock: ChannelClock, workers: Executor | None, buffer: memoryview | None = None
    ) -> None:
        loop = asyncio.get_running_loop()
        self.channel = channel
        self.peer_address = "?"
        self.established: asyncio.Future[None] = loop.create_future()
        self.last_received = clock.now()
        self.expired = False
        self.congestion: asyncio.Event | None = None  # while the network is behind; set when that is over
        self._clock = clock
        self._loop = loop
        self._workers = workers
        self._transport: asyncio.Transport | None = None
        self._buffer = read_buffer() if buffer is None else buffer
        self._messages: deque[bytes] = deque()
        self._queued = 0
        self._taken_after_close = 0
        self._waiters: list[asyncio.Future[None]] = []
        self._lost = asyncio.Event()
        self._failure: ChannelFailed | None = None
        self._peer_closed = False
        self._ended = False  # on this side
        self._application_is_behind = False
        self._application_is_gone = False
        self._computing = False
        self._waiting = False  # for a turn to compute

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
            if self._taken_after_close > MAX_AFTER_CLOSE:
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
        self._wake()

    def pause_writing(self) -> None:
        """The network is behind."""
        self.congestion = asyncio.Event()

    def resume_writing(self) -> None:
        """The network has caught up, or is there no more: whoever waits goes on."""
        if self.congestion is not None:
            self.congestion.set()
            self.congestion = None

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
        while not self._messages:
            if self._peer_closed or self._ended:
                return None
            self._raise_failure()
            await self._news()
        message = self._messages.popleft()
        self._queued -= len(message)
        if (
            self._application_is_behind
            and len(self._messages) <= MAX_QUEUED_MESSAGES // 2
            and self._queued <= MAX_QUEUED_BYTES // 2
        ):
            self._application_is_behind = False
            self.resume_reading()
        return message

    def end(self) -> None:
        """Say close_notify and FIN; whoever waits for a message is told that there are no more."""
        transport = self._transport
        if self._failure is not None or transport is None or transport.is_closing() or self.channel.is_closed:
            return
        try:
            self.channel.close(self._clock.now())
        except ChannelError:
            return
        finally:
            self._notice_failure()
        self._ended = True
        self._flush()
        try:
            transport.write_eof()
        except OSError as error:  # the peer, which has closed already, did not wait for our end
            self.fail(FailureReason.CONNECTION, type(error).__name__)
        self._wake()

    async def close(self) -> None:
        """Say close_notify and FIN, wait for the peer's end of stream, and let go."""
        transport = self._transport
        if transport is None or self._lost.is_set():
            return
        self.end()
        self._application_is_gone = True
        self._application_is_behind = False
        self._messages.clear()
        self._queued = 0
        self.resume_reading()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                while not (self._peer_closed or self._failure or self._lost.is_set()):
                    await self._news()
                if self._failure is None:
                    transport.close()
                await self._lost.wait()
        except TimeoutError:
            transport.abort()
            await self._lost.wait()
        except asyncio.CancelledError:
            self.abort()
            raise

    def authenticated(self) -> None:
        """Take note that the application has authenticated the peer: that matters to a server's places alone."""

    def abort(self) -> None:
        """Fail the channel for a reason of this side's own, by the one failure path."""
        self.fail(FailureReason.CONNECTION, "aborted on this side")

    async def lost(self) -> None:
        """Wait until the connection is gone; one that never came about is."""
        if self._transport is not None:
            await self._lost.wait()

    def fail(self, reason: FailureReason, detail: str) -> None:
        """Fail the channel for what only its surroundings see, by the one failure path."""
        if self._failure is not None:
            return
        failure = ChannelFailed(reason, detail)
        if not self._computing:  # else the worker thread owns the channel, and `_computed` does it
            failure = self.channel.fail(reason, detail)
        self._note_failure(failure)

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

    def pause_reading(self) -> None:
        """Read nothing from the socket until `resume_reading`."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again, unless something else is waited for."""
        waiting = self._waiting or self._computing or self._application_is_behind or self._failure is not None
        if self._transport is not None and not waiting and not self._transport.is_closing():
            self._transport.resume_reading()

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
                    self._messages.append(event.data)
                    self._queued += len(event.data)
            elif isinstance(event, HandshakeCompleted):
                self._establish()
            elif isinstance(event, PeerClosed):
                self._peer_closed = True
            else:
                self._note_failure(event)
        self._wake()
        if len(self._messages) > MAX_QUEUED_MESSAGES or self._queued > MAX_QUEUED_BYTES:
            self._application_is_behind = True
            self.pause_reading()

    def _news(self) -> "asyncio.Future[None]":
        """What is done when something has happened, as `_wake` tells."""
        waiter = self._loop.create_future()
        self._waiters.append(waiter)
        return waiter

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():  # cancelled
                waiter.set_result(None)
        self._waiters.clear()

    def _establish(self) -> None:
        if not self.established.done():  # cancelled, by whoever waited, in the same moment
            self.established.set_result(None)

    def _notice_failure(self) -> None:
        """See whether the channel failed in a call of this side's own."""
        if self.channel.state is State.FAILED:
            self.fail(FailureReason.PLUGIN, "")

    def _note_failure(self, failure: ChannelFailed) -> None:
        """The one failure path (PROTOCOL §8.1): the reason to the log, nothing to the peer, a reset on a tick."""
        self._failure = failure
        logger.info("channel with %s failed: %s (%s)", self.peer_address, failure.reason, failure.detail)
        if not self.established.done():
            self.established.set_exception(error_of(failure))
            self.established.exception()  # retrieved: not everybody awaits it
        self._wake()
        self.resume_writing()
        self.pause_reading()
        if self._transport is not None:
            reset_on_close(self._transport.get_extra_info("socket"))
        self._loop.call_later(FAILURE_TICK_SECONDS - self._loop.time() % FAILURE_TICK_SECONDS, self._reset)

    def _reset(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _flush(self) -> None:
        data = self.channel.data_to_send()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _refuse(self) -> NoReturn:
        self._raise_failure()
        raise ChannelError("the channel had to end", FailureReason.TIMEOUT)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise error_of(self._failure)


def read_buffer() -> memoryview:
    """Where one read of a socket goes."""
    return memoryview(bytearray(READ_SIZE))
