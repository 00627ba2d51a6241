"""Who may begin a handshake, who waits for a place, and who is sent away (PROTOCOL §8.2)."""

from collections import Counter, deque
from collections.abc import Hashable
from enum import Enum, auto
from typing import Generic, TypeVar

from framework.limits import (
    MAX_HANDSHAKES,
    MAX_HANDSHAKES_PER_ADDRESS,
    MAX_WAITING,
    MAX_WAITING_PER_ADDRESS,
)

C = TypeVar("C", bound=Hashable)


class Verdict(Enum):
    """What becomes of a new connection."""

    ADMITTED = auto()
    WAITING = auto()
    REFUSED = auto()


class Admission(Generic[C]):
    """Counts handshakes, in all and for each address, and keeps those in line that found no place.

    An address that floods waits behind itself: its own limit is reached long before the common one.
    """

    def __init__(
        self,
        places: int = MAX_HANDSHAKES,
        places_per_address: int = MAX_HANDSHAKES_PER_ADDRESS,
        waiting: int = MAX_WAITING,
        waiting_per_address: int = MAX_WAITING_PER_ADDRESS,
    ) -> None:
        self._limits = (places, places_per_address)
        self._waiting_limits = (waiting, waiting_per_address)
        self._admitted: dict[C, str] = {}
        self._line: deque[tuple[C, str]] = deque()
        self._by_address: Counter[str] = Counter()
        self._waiting_by_address: Counter[str] = Counter()

    def enter(self, connection: C, address: str) -> Verdict:
        """Give a new connection a place, or one in the line, or neither."""
        if self._has_place(address):
            self._admit(connection, address)
            return Verdict.ADMITTED
        waiting, waiting_per_address = self._waiting_limits
        if len(self._line) >= waiting or self._waiting_by_address[address] >= waiting_per_address:
            return Verdict.REFUSED
        self._line.append((connection, address))
        self._waiting_by_address[address] += 1
        return Verdict.WAITING

    def leave(self, connection: C) -> list[C]:
        """End a connection's handshake, or its waiting; give those that have a place now. Harmless if repeated."""
        address = self._admitted.pop(connection, None)
        if address is not None:
            self._count(self._by_address, address, -1)
        else:
            self._drop_from_line(connection)
        return self._admit_from_line()

    def _admit_from_line(self) -> list[C]:
        admitted: list[C] = []
        still: deque[tuple[C, str]] = deque()
        while self._line:
            if len(self._admitted) >= self._limits[0]:
                break
            connection, address = self._line.popleft()
            if self._has_place(address):
                self._count(self._waiting_by_address, address, -1)
                self._admit(connection, address)
                admitted.append(connection)
            else:
                still.append((connection, address))
        still.extend(self._line)
        self._line = still
        return admitted

    def _drop_from_line(self, connection: C) -> None:
        for entry in self._line:
            if entry[0] == connection:
                self._line.remove(entry)
                self._count(self._waiting_by_address, entry[1], -1)
                return

    def _has_place(self, address: str) -> bool:
        places, places_per_address = self._limits
        return len(self._admitted) < places and self._by_address[address] < places_per_address

    def _admit(self, connection: C, address: str) -> None:
        self._admitted[connection] = address
        self._by_address[address] += 1

    @staticmethod
    def _count(counter: Counter[str], address: str, change: int) -> None:
        counter[address] += change
        if not counter[address]:
            del counter[address]
