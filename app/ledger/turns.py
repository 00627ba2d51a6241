"""Turns by account: one with many sessions waits as long as one with a single session."""

from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """A queue for each account, served round robin. Each account's own order is kept."""

    def __init__(self) -> None:
        self._queues: OrderedDict[str, deque[T]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._queues)

    def add(self, account: str, item: T) -> None:
        """Let an item wait for its account's turn."""
        self._queues.setdefault(account, deque()).append(item)

    def take(self, most: int) -> list[T]:
        """Take at most so many items, one an account and round; who comes next now comes first the next time."""
        taken: list[T] = []
        while self._queues and len(taken) < most:
            account, queue = self._queues.popitem(last=False)
            taken.append(queue.popleft())
            if queue:
                self._queues[account] = queue
        return taken
