"""What has arrived and the application has not taken yet, within bounds (PROTOCOL §8.2)."""

import asyncio
from collections import deque

from framework.limits import MAX_QUEUED_BYTES, MAX_QUEUED_MESSAGES


class Inbox:
    """The messages of one connection, and whoever waits for one. So a slow reader slows the peer, and fills no memory.

    Reading from the socket is to pause while `is_behind`. That begins when there are too many messages, or bytes of
    them, and ends when half of the limit has been taken.
    """

    def __init__(self) -> None:
        self.is_behind = False
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
        self.is_behind = self.is_behind or len(self._messages) > MAX_QUEUED_MESSAGES or self._bytes > MAX_QUEUED_BYTES

    def take(self) -> bytes:
        """Give the oldest message; there is one."""
        message = self._messages.popleft()
        self._bytes -= len(message)
        if len(self._messages) <= MAX_QUEUED_MESSAGES // 2 and self._bytes <= MAX_QUEUED_BYTES // 2:
            self.is_behind = False
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
