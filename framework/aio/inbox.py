"""What has arrived and the application has not taken yet, within bounds (PROTOCOL §8.2)."""

import asyncio
from collections import deque

from framework.aio.settings import ConnectionLimits


class Inbox:
    """The messages of one connection, and whoever waits for one. So a slow reader slows the peer, and fills no memory.

    Reading from the socket is to pause while `is_behind`. That begins when there are too many messages, or bytes of
    them, and ends when half of the limit has been taken.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self.messages: deque[bytes] = deque()  # the oldest first
        self.queued_bytes = 0
        self.is_behind = False
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._waiters: list[asyncio.Future[None]] = []

    def put(self, message: bytes) -> None:
        """Add a message; `wake` tells of it."""
        self.messages.append(message)
        self.queued_bytes += len(message)
        limits = self._limits
        if len(self.messages) > limits.queued_messages or self.queued_bytes > limits.queued_bytes:
            self.is_behind = True

    def take(self) -> bytes:
        """Give the oldest message; there is one."""
        message = self.messages.popleft()
        self.queued_bytes -= len(message)
        if self.is_behind:
            many, much = self._limits.queued_messages // 2, self._limits.queued_bytes // 2
            self.is_behind = len(self.messages) > many or self.queued_bytes > much
        return message

    def clear(self) -> None:
        """Forget the messages: nobody takes them any more."""
        self.messages.clear()
        self.queued_bytes = 0
        self.is_behind = False

    def news(self) -> "asyncio.Future[None]":
        """Give what is done when something has happened, as `wake` tells."""
        waiter = self._loop.create_future()
        self._waiters.append(waiter)
        return waiter

    def wake(self) -> None:
        """Tell all who wait that something has happened: a message, an end, a failure."""
        for waiter in self._waiters:
            if not waiter.done():  # cancelled
                waiter.set_result(None)
        self._waiters.clear()
