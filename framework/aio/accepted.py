"""A connection that a server has accepted, from its first byte to its end (PROTOCOL §8.2)."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from framework.aio.clock import ChannelClock
from framework.aio.connection import Connection
from framework.aio.network import networks_of
from framework.channel import Channel
from framework.events import ChannelFailed, Event, FailureReason
from framework.transitions import AWAITING_M1, AWAITING_M3

if TYPE_CHECKING:
    from framework.aio.server import Server


class ServerConnection(Connection):
    """A connection that was accepted: it waits for turns, has deadlines, and ends when it is idle or old."""

    def __init__(self, server: "Server", channel: Channel, clock: ChannelClock) -> None:
        super().__init__(channel, clock, server.workers, server.limits, server.buffer)
        self.networks: tuple[str, ...] = ("?",)
        self._server = server
        self._accepted_at = self._loop.time()
        self._deadline: asyncio.TimerHandle | None = None
        self._idle: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take note of who it is, and wait for a whole M1 (PROTOCOL §8.2)."""
        super().connection_made(transport)
        self.networks = networks_of(self.peer_address.rpartition(":")[0])
        limits = self._server.limits
        self._set_deadline(min(limits.first_message_seconds, limits.handshake_seconds), self._handshake_late)
        self._server.handshakes.begin(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything."""
        for timer in (self._deadline, self._idle):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)
        if not self._computing:  # else its work is still under way
            self._server.forget(self)

    def authenticated(self) -> None:
        """Count among the channels that stay."""
        self._server.channels.authenticated(self)

    def expire(self) -> None:
        """End the channel in order; a peer that does not read, and so keeps the handler waiting, is reset."""
        self.expired = True
        self._set_deadline(2 * self._server.limits.close_seconds, self._overdue)
        self.end()

    def _wait_for_turn(self) -> None:
        if self.channel.state in AWAITING_M1:
            left = self._accepted_at + self._server.limits.handshake_seconds - self._loop.time()
            self._set_deadline(left, self._handshake_late)
            self._server.handshakes.wait_with_m1(self)  # reading on, to notice who hangs up
        else:
            self.pause_reading()
            self._server.handshakes.wait_with_m3(self)

    def _computed(self, work: "asyncio.Future[list[Event]]") -> None:
        try:
            super()._computed(work)
        finally:  # the turn is the others' now, whatever has become of this one
            awaits_m3 = self.channel.state in AWAITING_M3 and not self._lost.is_set()
            self._server.handshakes.computed(self, awaits_m3=awaits_m3)
            if self._lost.is_set():
                self._server.forget(self)

    def _establish(self) -> None:
        super()._establish()
        self._set_deadline(self._server.limits.lifetime_seconds, self.expire)
        self._idle = self._loop.call_later(self._server.limits.idle_seconds, self._check_idle)
        self._server.start_handler(self)

    def _note_failure(self, failure: ChannelFailed) -> None:
        self._server.handshakes.leave(self)
        super()._note_failure(failure)

    def _set_deadline(self, seconds: float, late: Callable[[], None]) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._loop.call_later(seconds, late)

    def _handshake_late(self) -> None:
        self.fail(FailureReason.TIMEOUT, "no handshake within its deadline")

    def _check_idle(self) -> None:
        left = self._server.limits.idle_seconds - (self._clock.now() - self.last_received) / 1000
        if left <= 0:
            self.expire()
        else:
            self._idle = self._loop.call_later(left, self._check_idle)

    def _overdue(self) -> None:
        self.fail(FailureReason.TIMEOUT, "the channel had to end, and the peer did not let it")
