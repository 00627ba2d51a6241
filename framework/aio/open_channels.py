"""The open channels of a server: those that stay, and those whose peer is not authenticated yet (PROTOCOL §8.2)."""

from typing import Protocol

from framework.aio.places import Places
from framework.aio.room import Room
from framework.events import FailureReason


class Opened(Protocol):
    """A connection whose channel is open."""

    def __hash__(self) -> int: ...

    @property
    def networks(self) -> tuple[str, ...]:
        """Those that it comes from, the narrowest first."""
        ...

    def fail(self, reason: FailureReason, detail: str) -> None:
        """Fail the channel."""
        ...


class OpenChannels:
    """Counts them. A channel without room is failed; one that is not authenticated gives way to newer ones."""

    def __init__(self, room: Room, *, awaits_authentication: bool) -> None:
        self.staying: Places[Opened] = Places(room.channels)
        self.unauthenticated: Places[Opened] = Places(room.unauthenticated)
        self._per_address = room.channels_per_address
        self._awaits_authentication = awaits_authentication

    def enter(self, connection: Opened) -> bool:
        """Count a channel that has opened; False if there is no room, and then it has failed."""
        if not self._awaits_authentication:
            return self._let_stay(connection)
        oldest = self.unauthenticated.enter(connection, connection.networks)
        if oldest is not None:
            oldest.fail(FailureReason.LIMIT, "not authenticated, and a newer channel has its place")
        return True

    def authenticated(self, connection: Opened) -> None:
        """Count a channel among those that stay. Harmless if repeated."""
        if self.unauthenticated.leave(connection):
            self._let_stay(connection)

    def leave(self, connection: Opened) -> None:
        """Forget a connection that is lost. Harmless if repeated, and for one that never opened."""
        self.unauthenticated.leave(connection)
        self.staying.leave(connection)

    def _let_stay(self, connection: Opened) -> bool:
        if self.staying.is_full or self.staying.count(connection.networks) >= self._per_address:
            connection.fail(FailureReason.LIMIT, "no room for another open channel")
            return False
        self.staying.enter(connection, connection.networks)
        return True
