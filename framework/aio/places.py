"""Places for connections, shared fairly between addresses (PROTOCOL §8.2)."""

from collections.abc import Hashable
from typing import Generic, TypeVar

C = TypeVar("C", bound=Hashable)


class Places(Generic[C]):
    """A bounded number of places. When there are too few, the oldest connection of the fullest address gives way.

    So an address that floods pushes out its own connections, and nobody else's. Every method takes constant time, but
    for `enter` when all places are taken: it looks at the counts that differ, of which 1,024 places hold 45 at most.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._address_of: dict[C, str] = {}
        self._of: dict[str, dict[C, None]] = {}  # the connections of each address, the oldest first
        self._with: dict[int, dict[str, None]] = {}  # the addresses that have so many connections

    def __len__(self) -> int:
        return len(self._address_of)

    def __contains__(self, connection: object) -> bool:
        return connection in self._address_of

    @property
    def is_full(self) -> bool:
        """Whether one more would make another give way."""
        return len(self) >= self._limit

    def count(self, address: str) -> int:
        """How many places an address has."""
        return len(self._of.get(address, ()))

    def enter(self, connection: C, address: str) -> C | None:
        """Give a new connection a place. Gives the one that has lost its place for it, if any."""
        self._address_of[connection] = address
        self._of.setdefault(address, {})[connection] = None
        self._recount(address, self.count(address) - 1)
        if len(self) <= self._limit:
            return None
        fullest = next(iter(self._with[max(self._with)]))
        oldest = next(iter(self._of[fullest]))
        self.leave(oldest)
        return oldest

    def leave(self, connection: C) -> bool:
        """Take a connection's place back. Gives whether it had one."""
        address = self._address_of.pop(connection, None)
        if address is None:
            return False
        del self._of[address][connection]
        self._recount(address, self.count(address) + 1)
        if not self._of[address]:
            del self._of[address]
        return True

    def take_next(self) -> C | None:
        """Take a connection out whose turn it is: the addresses have turns, and of each the oldest goes first."""
        address = next(iter(self._of), None)
        if address is None:
            return None
        connection = next(iter(self._of[address]))
        self.leave(connection)
        if address in self._of:
            self._of[address] = self._of.pop(address)  # behind all others
        return connection

    def _recount(self, address: str, before: int) -> None:
        """Move an address to where those stand that have as many connections as it has now."""
        if before:
            del self._with[before][address]
            if not self._with[before]:
                del self._with[before]
        if now := self.count(address):
            self._with.setdefault(now, {})[address] = None
