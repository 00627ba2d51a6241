"""Places for connections, shared fairly between the networks that they come from (PROTOCOL §8.2)."""

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

C = TypeVar("C", bound=Hashable)


class _Network(Generic[C]):
    """The connections of one network: in those within it, or, where it is the narrowest, by themselves."""

    __slots__ = ("connections", "count", "networks", "with_count")

    def __init__(self) -> None:
        self.count = 0
        self.networks: dict[str, _Network[C]] = {}  # in the order of their turns
        self.with_count: dict[int, dict[str, None]] = {}  # those that have so many connections
        self.connections: dict[C, None] = {}  # the oldest first

    def add(self, path: Sequence[str], connection: C) -> None:
        """Take a connection in, by the names of the networks within this one, the widest first."""
        self.count += 1
        if path:
            within = self.networks.setdefault(path[0], _Network())
            within.add(path[1:], connection)
            self._recount(path[0], within.count - 1, within.count)
        else:
            self.connections[connection] = None

    def remove(self, path: Sequence[str], connection: C) -> None:
        """Take it out."""
        self.count -= 1
        if path:
            within = self.networks[path[0]]
            within.remove(path[1:], connection)
            self._recount(path[0], within.count + 1, within.count)
            if not within.count:
                del self.networks[path[0]]
        else:
            del self.connections[connection]

    def oldest_of_the_fullest(self) -> C:
        """Of the network within this one that has most connections, and so on, the oldest of them."""
        if not self.networks:
            return next(iter(self.connections))
        fullest = next(iter(self.with_count[max(self.with_count)]))
        return self.networks[fullest].oldest_of_the_fullest()

    def next_in_turn(self, prefers: Callable[[str], bool] | None = None) -> C:
        """The newest connection of the network whose turn it is; that network is the last from now on."""
        if not self.networks:
            return next(reversed(self.connections))
        name = self._whose_turn(prefers)
        network = self.networks[name] = self.networks.pop(name)
        return network.next_in_turn()

    def _whose_turn(self, prefers: Callable[[str], bool] | None) -> str:
        """The first that is preferred, or, where none is, the first."""
        first = next(iter(self.networks))
        if prefers is None:
            return first
        return next((name for name in self.networks if prefers(name)), first)

    def _recount(self, name: str, before: int, now: int) -> None:
        if before:
            del self.with_count[before][name]
            if not self.with_count[before]:
                del self.with_count[before]
        if now:
            self.with_count.setdefault(now, {})[name] = None


class Places(Generic[C]):
    """A bounded number of places. When there are too few, the oldest connection of the fullest network gives way.

    So a network that floods pushes out its own connections, and nobody else's. A connection's networks are given as
    `networks_of` gives them, the narrowest first. The widest are compared first, then those within the fullest of them:
    who has many narrow ones gains nothing by that.

    Two methods do not take constant time. `enter` looks at the counts that differ when all places are taken; 1,024
    places hold 45 of them at most. `take_next` looks through the widest networks until one is preferred; there are no
    more of them than places.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._paths: dict[C, Sequence[str]] = {}
        self._all: _Network[C] = _Network()

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, connection: object) -> bool:
        return connection in self._paths

    @property
    def is_full(self) -> bool:
        """Whether one more would make another give way."""
        return len(self) >= self._limit

    def count(self, networks: Sequence[str]) -> int:
        """How many places the widest of these networks has."""
        widest = self._all.networks.get(networks[-1])
        return 0 if widest is None else widest.count

    def enter(self, connection: C, networks: Sequence[str]) -> C | None:
        """Give a new connection a place. Gives the one that has lost its place for it, if any."""
        path = self._paths[connection] = tuple(reversed(networks))
        self._all.add(path, connection)
        if len(self) <= self._limit:
            return None
        oldest = self._all.oldest_of_the_fullest()
        self.leave(oldest)
        return oldest

    def leave(self, connection: C) -> bool:
        """Take a connection's place back. Gives whether it had one."""
        path = self._paths.pop(connection, None)
        if path is None:
            return False
        self._all.remove(path, connection)
        return True

    def take_next(self, prefers: Callable[[str], bool] | None = None) -> C | None:
        """Take a connection out whose turn it is: the networks have turns, and of each the newest goes first.

        Those of the widest that `prefers` names go before the others. The newest has most of its time left: where more
        come than can have a turn, all would be late if the oldest went first.
        """
        if not self._paths:
            return None
        connection = self._all.next_in_turn(prefers)
        self.leave(connection)
        return connection
