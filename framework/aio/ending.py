"""The four ways in which a connection ends (PROTOCOL §6.7, §8.1).

`end` says close_notify and FIN, and the peer may go on. `close` does that too, and waits for the peer's end. `fail` is
the one failure path: the reason goes to the log, nothing to the peer, and the reset waits for the next tick; `abort` is
this path for a reason of this side's own. At last the transport is lost, which all of them wait for.
"""

import asyncio
import logging

from framework.aio.clock import ChannelClock
from framework.aio.failure import error_of
from framework.aio.inbox import Inbox
from framework.aio.reset import reset_on_close
from framework.aio.settings import ConnectionLimits
from framework.channel import Channel
from framework.errors import ChannelError
from framework.events import ChannelFailed, FailureReason
from framework.limits import FAILURE_TICK_SECONDS
from framework.transitions import State

logger = logging.getLogger("suitecase.channel")


class EndingConnection:
    """A channel over a transport, as far as its end is concerned."""

    def __init__(self, channel: Channel, clock: ChannelClock, limits: ConnectionLimits) -> None:
        self.channel = channel
        self.inbox = Inbox(limits)
        self.peer_address = "?"
        self.expired = False
        self.congestion: asyncio.Event | None = None  # while the network is behind; set when that is over
        self._loop = asyncio.get_running_loop()
        self.established: asyncio.Future[None] = self._loop.create_future()
        self._clock = clock
        self._limits = limits
        self._transport: asyncio.Transport | None = None
        self._failure: ChannelFailed | None = None
        self._lost = asyncio.Event()
        self._peer_closed = False
        self._ended = False  # on this side
        self._application_is_gone = False
        self._computing = False  # then a worker thread owns the channel
        self._waiting = False  # for a turn to compute

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
        self.inbox.wake()

    async def close(self) -> None:
        """Say close_notify and FIN, wait for the peer's end of stream, and let go."""
        transport = self._transport
        if transport is None or self._lost.is_set():
            return
        self.end()
        self._application_is_gone = True
        self.inbox.clear()
        self.resume_reading()
        try:
            async with asyncio.timeout(self._limits.close_seconds):
                while not (self._peer_closed or self._failure or self._lost.is_set()):
                    await self.inbox.news()
                if self._failure is None:
                    transport.close()
                await self._lost.wait()
        except TimeoutError:
            transport.abort()
            await self._lost.wait()
        except asyncio.CancelledError:
            self.abort()
            raise

    def abort(self) -> None:
        """Fail the channel for a reason of this side's own, by the one failure path."""
        self.fail(FailureReason.CONNECTION, "aborted on this side")

    def fail(self, reason: FailureReason, detail: str) -> None:
        """Fail the channel for what only its surroundings see, by the one failure path."""
        if self._failure is not None:
            return
        failure = ChannelFailed(reason, detail)
        if not self._computing:  # else the worker thread owns the channel, and whoever takes it back does it
            failure = self.channel.fail(reason, detail)
        self._note_failure(failure)

    async def lost(self) -> None:
        """Wait until the connection is gone; one that never came about is."""
        if self._transport is not None:
            await self._lost.wait()

    # --- the transport ---

    def pause_reading(self) -> None:
        """Read nothing from the socket until `resume_reading`."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again, unless something else is waited for."""
        waiting = self._waiting or self._computing or self.inbox.is_behind or self._failure is not None
        if self._transport is not None and not waiting and not self._transport.is_closing():
            self._transport.resume_reading()

    def resume_writing(self) -> None:
        """The network has caught up, or is there no more: whoever waits goes on."""
        if self.congestion is not None:
            self.congestion.set()
            self.congestion = None

    def _flush(self) -> None:
        data = self.channel.data_to_send()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    # --- failing ---

    def _notice_failure(self) -> None:
        """See whether the channel failed in a call of this side's own."""
        if self.channel.state is State.FAILED:
            self.fail(FailureReason.INTERNAL, "")  # which gives the channel's own reason

    def _note_failure(self, failure: ChannelFailed) -> None:
        """The one failure path (PROTOCOL §8.1): the reason to the log, nothing to the peer, a reset on a tick."""
        self._failure = failure
        logger.info("channel with %s failed: %s (%s)", self.peer_address, failure.reason, failure.detail)
        if not self.established.done():
            self.established.set_exception(error_of(failure))
            self.established.exception()  # retrieved: not everybody awaits it
        self.inbox.wake()
        self.resume_writing()
        self.pause_reading()
        if self._transport is not None:
            reset_on_close(self._transport.get_extra_info("socket"))
        self._loop.call_later(FAILURE_TICK_SECONDS - self._loop.time() % FAILURE_TICK_SECONDS, self._reset)

    def _reset(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise error_of(self._failure)
