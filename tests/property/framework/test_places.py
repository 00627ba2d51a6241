"""Who has a place, who gives way, and whose turn it is (PROTOCOL §8.2)."""

from collections import Counter
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from framework.aio.network import networks_of
from framework.aio.places import Places, _Network
from tests.support.budget import examples

SITES: dict[str, tuple[str, ...]] = {
    "a": ("a",),
    "b": ("b",),
    "c": ("c",),
    "d1": ("d1", "d"),
    "d2": ("d2", "d"),
    "e1": ("e1", "e-", "e"),
    "e2": ("e2", "e-", "e"),
    "e3": ("e3", "e+", "e"),
}
"""Addresses and the networks that they are in, the narrowest first."""

ADDRESSES = tuple(SITES)
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
        lost = self.places.enter(connection, SITES[address])
        self.there[connection] = address
        if len(self.there) <= self.limit:
            assert lost is None
            return
        assert lost is not None
        assert lost != connection, "the newest is never the one that gives way"
        networks = SITES[self.there[lost]]
        for depth, network in enumerate(reversed(networks)):
            rivals = self.counts(depth, networks[len(networks) - depth :])
            assert rivals[network] == max(rivals.values()), "of its neighbours its network has most"
        assert lost == min(each for each, where in self.there.items() if where == self.there[lost])
        self.go_away(lost)

    def counts(self, depth: int, within: tuple[str, ...] = ()) -> Counter[str]:
        """Connections of each network so many steps below the widest, all within these."""
        paths = [tuple(reversed(SITES[address])) for address in self.there.values()]
        outer = tuple(reversed(within))
        return Counter(path[depth] for path in paths if len(path) > depth and path[:depth] == outer)

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
            assert taken == max(each for each, where in self.there.items() if where == self.there[taken])
            self.go_away(taken)

    def go_away(self, connection: int) -> None:
        if self.there.pop(connection, None) is not None:
            self.gone.append(connection)

    @invariant()
    def the_counts_are_right(self) -> None:
        assert len(self.places) == len(self.there) <= self.limit
        assert self.places.is_full == (len(self.there) == self.limit)
        widest = self.counts(0)
        assert all(self.places.count(networks) == widest[networks[-1]] for networks in SITES.values())
        assert all(connection in self.places for connection in self.there)
        assert all(connection not in self.places for connection in self.gone)

    @invariant()
    def nothing_is_kept_of_who_has_gone(self) -> None:
        found: dict[int, tuple[str, ...]] = {}
        collect(self.places._all, (), found)
        assert found == {each: tuple(reversed(SITES[address])) for each, address in self.there.items()}
        assert self.places._paths == found


def collect(network: _Network[int], path: tuple[str, ...], found: dict[int, tuple[str, ...]]) -> None:
    """Walk through the networks, and see that each is right in itself."""
    assert network.count == sum(each.count for each in network.networks.values()) + len(network.connections)
    counts = Counter(each.count for each in network.networks.values())
    assert {number: len(kept) for number, kept in network.with_count.items()} == dict(counts)
    found |= dict.fromkeys(network.connections, path)
    for name, each in network.networks.items():
        assert each.count
        assert name in network.with_count[each.count]
        collect(each, (*path, name), found)


Room.TestCase.settings = examples(100, steps=40)
TestRoom = Room.TestCase


@examples(60)
@given(arrivals=ARRIVALS)
def test_nobody_waits_longer_than_a_turn_of_every_address(arrivals: list[str]) -> None:
    """Between two turns of a network that waits, each other one has one at most."""
    places: Places[int] = Places(100)
    for number, address in enumerate(arrivals):
        places.enter(number, SITES[address])
    order = [SITES[arrivals[taken]][-1] for taken in iter(places.take_next, None)]
    assert len(order) == len(arrivals)
    waiting = Counter(SITES[address][-1] for address in arrivals)
    for start, network in enumerate(order):
        waiting[network] -= 1
        if waiting[network]:
            between = order[start + 1 : order.index(network, start + 1)]
            assert all(times == 1 for times in Counter(between).values())


def test_whoever_comes_to_a_crowd_waits_for_one_turn_of_it() -> None:
    places: Places[str] = Places(1_000)
    for number in range(900):
        places.enter(f"flood {number}", (f"flooder {number % 16}",))
    places.enter("honest", ("elsewhere",))
    order = [places.take_next() for _ in range(17)]
    assert "honest" in order


@examples(30)
@given(crowd=st.integers(1, 16), newcomers=st.integers(1, 50))
def test_a_flood_costs_no_other_address_its_place(crowd: int, newcomers: int) -> None:
    places: Places[str] = Places(64)
    for host in range(16):
        places.enter("customer", (f"honest {host}",))
    lost = [places.enter(f"flood {number}", (f"flooder {number % crowd}",)) for number in range(64 + newcomers)]
    assert all(each is None or each.startswith("flood") for each in lost)


@pytest.mark.parametrize(
    ("site", "others"), [("2001:db8:1:{:x}::1", 2), ("2001:db8:1:a{:02x}::1", 3)], ids=["/48", "/56"]
)
def test_whoever_has_a_wide_network_gains_nothing_by_its_narrow_ones(site: str, others: int) -> None:
    """Each connection comes from a /64 of its own. Whoever shares the /48, but not the /56, loses nothing either."""
    places: Places[str] = Places(64)
    for number, host in enumerate(("192.0.2.1", "2001:db8:2::1", "2001:db8:1:bff::1")[:others]):
        places.enter(f"customer {number}", networks_of(host))
    lost = [places.enter(f"flood {at}", networks_of(site.format(at % 256))) for at in range(1_000)]
    assert all(each is None or each.startswith("flood") for each in lost)
    order = [places.take_next() for _ in range(4)]
    assert {f"customer {number}" for number in range(others)} <= set(order)


def test_those_that_are_preferred_go_first_in_turns_of_their_own() -> None:
    places: Places[str] = Places(100)
    for number in range(3):
        for network in "abcd":
            places.enter(f"{network}{number}", (network,))
    taken = [places.take_next({"b", "d"}.__contains__) for _ in range(12)]
    assert taken == ["b2", "d2", "b1", "d1", "b0", "d0", "a2", "c2", "a1", "c1", "a0", "c0"]
