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
        self.is_behind = False
        self._limits = limits
        self._messages: deque[bytes] = deque()
        self._bytes = 0
        self._waiters: list[asyncio.Future[None]] = []

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def queued_bytes(self) -> int:
        """Bytes of the messages that wait."""
        return self._bytes

    def put(self, message: bytes) -> None:
        """Add a message; `wake` tells of it."""
        self._messages.append(message)
        self._bytes += len(message)
        limits = self._limits
        if len(self._messages) > limits.queued_messages or self._bytes > limits.queued_bytes:
            self.is_behind = True

    def take(self) -> bytes:
        """Give the oldest message; there is one."""
        message = self._messages.popleft()
        self._bytes -= len(message)
        if self.is_behind:
            limits = self._limits
            self.is_behind = len(self._messages) > limits.queued_messages // 2 or self._bytes > limits.queued_bytes // 2
        return message

    def clear(self) -> None:
        """Forget the messages: nobody takes them any more."""
        self._messages.clear()
        self._bytes = 0
        self.is_behind = False

    def news(self) -> "asyncio.Future[None]":
        """Give what is done when something has happened, as `wake` tells."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        return waiter

    def wake(self) -> None:
        """Tell all who wait that something has happened: a message, an end, a failure."""
        for waiter in self._waiters:
            if not waiter.done():  # cancelled
                waiter.set_result(None)
        self._waiters.clear()
