"""Who gets a place: never more than there are, nobody stuck, and no address at another's expense (PROTOCOL §8.2)."""

from collections import Counter
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from framework import limits
from framework.aio.admission import Admission, Verdict
from tests.support.budget import examples

ADDRESSES = ("a", "b", "c", "d")
ARRIVALS = st.lists(st.sampled_from(ADDRESSES), max_size=40)


class AtTheDoor(RuleBasedStateMachine):
    """Connections come and go in any order; the model knows who is inside and who waits, in order of arrival."""

    @initialize(
        places=st.integers(1, 6),
        per_address=st.integers(1, 4),
        waiting=st.integers(0, 8),
        waiting_each=st.integers(0, 5),
    )
    def open(self, places: int, per_address: int, waiting: int, waiting_each: int) -> None:
        self.bounds = (places, per_address, waiting, waiting_each)
        self.admission: Admission[int] = Admission(*self.bounds)
        self.inside: dict[int, str] = {}
        self.line: dict[int, str] = {}
        self.gone: list[int] = []
        self.numbers = count()

    def room_for(self, address: str) -> bool:
        places, per_address, _, _ = self.bounds
        return len(self.inside) < places and Counter(self.inside.values())[address] < per_address

    @rule(address=st.sampled_from(ADDRESSES))
    def come(self, address: str) -> None:
        connection = next(self.numbers)
        _, _, waiting, waiting_each = self.bounds
        room_to_wait = len(self.line) < waiting and Counter(self.line.values())[address] < waiting_each
        verdict = self.admission.enter(connection, address)
        if self.room_for(address):
            assert verdict is Verdict.ADMITTED
            self.inside[connection] = address
        elif room_to_wait:
            assert verdict is Verdict.WAITING
            self.line[connection] = address
        else:
            assert verdict is Verdict.REFUSED
            self.gone.append(connection)

    @rule(data=st.data())
    def go(self, data: st.DataObject) -> None:
        """From inside or out of the line; or once more, though it has gone already."""
        everybody = [*self.inside, *self.line, *self.gone]
        if not everybody:
            return
        connection = data.draw(st.sampled_from(everybody))
        self.inside.pop(connection, None)
        self.line.pop(connection, None)
        self.gone.append(connection)
        expected = []
        for waiting, address in list(self.line.items()):
            if self.room_for(address):
                expected.append(waiting)
                self.inside[waiting] = self.line.pop(waiting)
        assert self.admission.leave(connection) == expected

    @invariant()
    def nobody_is_stuck_and_the_bounds_hold(self) -> None:
        places, per_address, waiting, waiting_each = self.bounds
        assert len(self.inside) <= places
        assert max(Counter(self.inside.values()).values(), default=0) <= per_address
        assert len(self.line) <= waiting
        assert max(Counter(self.line.values()).values(), default=0) <= waiting_each
        assert not [connection for connection, address in self.line.items() if self.room_for(address)]

    @invariant()
    def nothing_is_kept_of_who_has_gone(self) -> None:
        admission = self.admission
        assert dict(admission._admitted) == self.inside
        assert dict(admission._line) == self.line
        assert dict(admission._by_address) == Counter(self.inside.values())
        assert dict(admission._waiting_by_address) == Counter(self.line.values())


AtTheDoor.TestCase.settings = examples(60, steps=40)
TestAtTheDoor = AtTheDoor.TestCase


@examples(60)
@given(arrivals=ARRIVALS)
def test_everybody_who_waits_gets_in_when_the_others_leave(arrivals: list[str]) -> None:
    admission: Admission[int] = Admission(places=3, places_per_address=2, waiting=100, waiting_per_address=100)
    inside = [n for n, address in enumerate(arrivals) if admission.enter(n, address) is Verdict.ADMITTED]
    served = set()
    while inside:
        first = inside.pop(0)
        served.add(first)
        inside += admission.leave(first)
    assert served == set(range(len(arrivals)))


@examples(30)
@given(flood=st.integers(0, 600), after=st.integers(1, 7))
def test_a_flood_from_one_address_keeps_no_other_out(flood: int, after: int) -> None:
    """With the protocol's limits: 64 places, 8 an address; 512 may wait, 256 an address."""
    admission: Admission[str] = Admission()
    verdicts = Counter(admission.enter(f"flood {n}", "flooder") for n in range(flood))
    assert verdicts[Verdict.ADMITTED] == min(flood, 8)
    assert verdicts[Verdict.WAITING] == min(max(flood - 8, 0), 256)
    assert verdicts[Verdict.REFUSED] == max(flood - 8 - 256, 0)
    for n in range(after):
        assert admission.enter(f"honest {n}", f"address {n}") is Verdict.ADMITTED


def test_in_the_line_an_address_waits_behind_itself_alone() -> None:
    """A place that a flooder may not have goes to the next who may."""
    admission: Admission[str] = Admission(places=2, places_per_address=1, waiting=10, waiting_per_address=10)
    assert admission.enter("f1", "flooder") is Verdict.ADMITTED
    assert admission.enter("h1", "honest") is Verdict.ADMITTED
    assert [admission.enter(f"f{n}", "flooder") for n in (2, 3)] == [Verdict.WAITING] * 2
    assert admission.enter("g1", "guest") is Verdict.WAITING
    assert admission.leave("h1") == ["g1"]
    assert admission.leave("f1") == ["f2"]
    assert admission.leave("f3") == []
    assert admission.leave("f2") == []


def test_leaving_the_line_admits_nobody_and_frees_a_waiting_place() -> None:
    admission: Admission[str] = Admission(places=1, places_per_address=1, waiting=1, waiting_per_address=1)
    assert admission.enter("1", "a") is Verdict.ADMITTED
    assert admission.enter("2", "a") is Verdict.WAITING
    assert admission.enter("3", "b") is Verdict.REFUSED
    assert admission.leave("2") == []
    assert admission.enter("3", "b") is Verdict.WAITING


@pytest.mark.parametrize("unknown", ["x", None, 7])
def test_leaving_without_having_come_is_harmless(unknown: object) -> None:
    admission: Admission[object] = Admission()
    assert admission.leave(unknown) == []


def test_the_default_bounds_are_the_protocol_s() -> None:
    admission: Admission[int] = Admission()
    assert admission._limits == (limits.MAX_HANDSHAKES, limits.MAX_HANDSHAKES_PER_ADDRESS)
    assert admission._waiting_limits == (limits.MAX_WAITING, limits.MAX_WAITING_PER_ADDRESS)
