"""Who has a place, who gives way, and whose turn it is (PROTOCOL §8.2)."""

from collections import Counter
from itertools import count

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from framework.aio.places import Places
from tests.support.budget import examples

ADDRESSES = ("a", "b", "c", "d")
ARRIVALS = st.lists(st.sampled_from(ADDRESSES), max_size=40)


class Room(RuleBasedStateMachine):
    """Connections come, go and are taken in turn; the model is a list of who is there, in order of arrival."""

    @initialize(limit=st.integers(1, 8))
    def open(self, limit: int) -> None:
        self.limit = limit
        self.places: Places[int] = Places(limit)
        self.there: dict[int, str] = {}
        self.gone: list[int] = []
        self.numbers = count()

    @rule(address=st.sampled_from(ADDRESSES))
    def come(self, address: str) -> None:
        connection = next(self.numbers)
        lost = self.places.enter(connection, address)
        self.there[connection] = address
        if len(self.there) <= self.limit:
            assert lost is None
            return
        assert lost is not None
        assert lost != connection, "the newest is never the one that gives way"
        counts = Counter(self.there.values())
        assert counts[self.there[lost]] == max(counts.values()), "its address has most"
        assert lost == min(each for each, where in self.there.items() if where == self.there[lost])
        self.go_away(lost)

    @rule(data=st.data())
    def go(self, data: st.DataObject) -> None:
        if everybody := [*self.there, *self.gone]:
            connection = data.draw(st.sampled_from(everybody))
            assert self.places.leave(connection) == (connection in self.there)
            self.go_away(connection)

    @rule()
    def take(self) -> None:
        taken = self.places.take_next()
        assert (taken is None) == (not self.there)
        if taken is not None:
            assert taken == min(each for each, where in self.there.items() if where == self.there[taken])
            self.go_away(taken)

    def go_away(self, connection: int) -> None:
        if self.there.pop(connection, None) is not None:
            self.gone.append(connection)

    @invariant()
    def the_counts_are_right_and_nothing_is_kept_of_who_has_gone(self) -> None:
        counts = Counter(self.there.values())
        assert len(self.places) == len(self.there) <= self.limit
        assert self.places.is_full == (len(self.there) == self.limit)
        assert {address: self.places.count(address) for address in ADDRESSES} == {a: counts[a] for a in ADDRESSES}
        assert self.places._address_of == self.there
        assert {address: set(kept) for address, kept in self.places._of.items()} == {
            address: {each for each, where in self.there.items() if where == address} for address in counts
        }
        assert {number: set(kept) for number, kept in self.places._with.items()} == {
            number: {address for address, has in counts.items() if has == number} for number in counts.values()
        }
        assert all(connection not in self.places for connection in self.gone)


Room.TestCase.settings = examples(100, steps=40)
TestRoom = Room.TestCase


@examples(60)
@given(arrivals=ARRIVALS)
def test_nobody_waits_longer_than_a_turn_of_every_address(arrivals: list[str]) -> None:
    """Between two turns of an address that waits, each other address has one at most."""
    places: Places[int] = Places(100)
    for number, address in enumerate(arrivals):
        places.enter(number, address)
    order = [arrivals[taken] for taken in iter(places.take_next, None)]
    assert len(order) == len(arrivals)
    waiting = Counter(arrivals)
    for start, address in enumerate(order):
        waiting[address] -= 1
        if waiting[address]:
            between = order[start + 1 : order.index(address, start + 1)]
            assert all(times == 1 for times in Counter(between).values())


def test_whoever_comes_to_a_crowd_waits_for_one_turn_of_it() -> None:
    places: Places[str] = Places(1_000)
    for number in range(900):
        places.enter(f"flood {number}", f"flooder {number % 16}")
    places.enter("honest", "elsewhere")
    order = [places.take_next() for _ in range(17)]
    assert "honest" in order


@examples(30)
@given(crowd=st.integers(1, 16), newcomers=st.integers(1, 50))
def test_a_flood_costs_no_other_address_its_place(crowd: int, newcomers: int) -> None:
    places: Places[str] = Places(64)
    for host in range(16):
        for number in range(3):
            places.enter(f"customer {number}", f"honest {host}") if number == 0 else None
    lost = [places.enter(f"flood {number}", f"flooder {number % crowd}") for number in range(64 + newcomers)]
    assert all(each is None or each.startswith("flood") for each in lost)
