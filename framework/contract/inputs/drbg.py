"""The kit's own bytes: reproducible from a seed, and nothing like a secret.

The kit brings its small generators itself: a third-party's property-testing library would have to be installed beside
every plugin, keeps a database of examples in the working directory, and would choose other inputs in its next version,
where here a seed and a check's id name the same inputs for ever.
"""

from collections.abc import MutableSequence, Sequence
from hashlib import shake_256
from typing import TypeVar

T = TypeVar("T")


class Drbg:
    """A deterministic stream of bytes: SHAKE-256 of the seed and a counter."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._calls = 0

    def bytes(self, size: int) -> bytes:
        """Give the next `size` bytes."""
        self._calls += 1
        return shake_256(self._calls.to_bytes(8) + self._seed).digest(size)

    def below(self, bound: int) -> int:
        """Give an integer, 0 <= x < bound."""
        return int.from_bytes(self.bytes(16)) % bound

    def choice(self, items: Sequence[T]) -> T:
        """Give one of the items."""
        return items[self.below(len(items))]

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Put the items into another order, in place."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
