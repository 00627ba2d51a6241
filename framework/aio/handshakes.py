"""The connections of a server on their way to an open channel (PROTOCOL §4.8, §8.2).

    accepted → silent → (a whole M1 that passes the screen) waiting → computing → half open → (M3) computing → open

Only the thread of the event loop calls this. Whoever gives way is failed like anybody else.
"""

from typing import Protocol

from framework.aio.places import Places
from framework.aio.room import Room
from framework.events import FailureReason
from framework.limits import HANDSHAKE_WORKERS


class Applicant(Protocol):
    """A connection whose handshake is not over."""

    def __hash__(self) -> int: ...

    @property
    def networks(self) -> tuple[str, ...]:
        """Those that it comes from, the narrowest first."""
        ...

    def compute(self) -> None:
        """Do the step of the handshake that has its turn, in a thread. Later, in any case, it calls `computed`."""
        ...

    def fail(self, reason: FailureReason, detail: str) -> None:
        """Fail the channel."""
        ...


class Handshakes:
    """Counts them, gives turns for the costly steps, and lets the oldest of the fullest network give way."""

    def __init__(self, room: Room) -> None:
        self.silent: Places[Applicant] = Places(room.silent)
        self.waiting: Places[Applicant] = Places(room.waiting)
        self.half_open: Places[Applicant] = Places(room.half_open)
        self._with_m3: dict[Applicant, None] = {}  # of the half open, those whose M3 waits for its turn
        self._free = HANDSHAKE_WORKERS

    def begin(self, connection: Applicant) -> None:
        """Take note of a connection that was accepted and has said nothing."""
        _make_way(self.silent.enter(connection, connection.networks))

    def wait_with_m1(self, connection: Applicant) -> None:
        """Let a connection wait for its turn: the networks have turns, those first that have nothing half open."""
        self.silent.leave(connection)
        _make_way(self.waiting.enter(connection, connection.networks))
        self._give_turns()

    def wait_with_m3(self, connection: Applicant) -> None:
        """The same, before all that wait with an M1: this one has cost much already, and is nearly done."""
        self._with_m3[connection] = None
        self._give_turns()

    def computed(self, connection: Applicant, *, awaits_m3: bool) -> None:
        """Take note that a step is done."""
        self._free += 1
        if awaits_m3:
            _make_way(self.half_open.enter(connection, connection.networks))
        self._give_turns()

    def leave(self, connection: Applicant) -> None:
        """Forget a connection that has failed or is open. Harmless if repeated."""
        self._with_m3.pop(connection, None)
        for places in (self.silent, self.waiting, self.half_open):
            places.leave(connection)

    def _give_turns(self) -> None:
        while self._free and (connection := self._take_next()) is not None:
            connection.compute()  # which is over later: a turn that could not begin is not lost
            self._free -= 1

    def _take_next(self) -> Applicant | None:
        if not self._with_m3:
            return self.waiting.take_next(self._has_nothing_half_open)
        connection = next(iter(self._with_m3))
        self.leave(connection)
        return connection

    def _has_nothing_half_open(self, network: str) -> bool:
        """Who answers M2 is preferred: a flood of first messages leaves hundreds of handshakes half open."""
        return not self.half_open.count((network,))


def _make_way(connection: Applicant | None) -> None:
    if connection is not None:
        connection.fail(FailureReason.LIMIT, "a newer connection has its place")
