"""Searches for a small circuit of one S-box: ruins a good netlist, builds what is missing anew, and rewrites."""

from collections.abc import Sequence
from time import monotonic

import numpy as np

from plugins.des3.circuits import Circuit
from tools.sbox_search.netlist import Netlist, copy_netlist, empty_netlist, sweep
from tools.sbox_search.notation import to_circuit, to_netlist
from tools.sbox_search.ordering import cheapest_order, statement_cost
from tools.sbox_search.rewriting import rewrite
from tools.sbox_search.selection import build
from tools.sbox_search.truth_tables import ALL, OUTPUTS, target_tables

KEPT = 16
"""Netlists that are kept to go on from."""

ROOM = 6
"""Gates that a netlist built anew may have above the one it came from: rewriting takes some away."""

EVERYTHING = np.uint64(ALL)
EVERY_INPUT = 0b111111


class Search:
    """The netlists found so far for one S-box, best first, and the source of its choices."""

    def __init__(self, box: int, seed: int, known: Sequence[Circuit]) -> None:
        self._box = box
        self._targets = [np.uint64(table) for table in target_tables(box)]
        self._state = np.array([2 * seed + 1], dtype=np.uint64)
        self.found: list[Netlist] = [to_netlist(circuit) for circuit in known]

    def draw(self, bound: int) -> int:
        """Draw a number below `bound`."""
        self._state ^= self._state >> np.uint64(12)
        self._state ^= self._state << np.uint64(25)
        self._state ^= self._state >> np.uint64(27)
        return int(self._state[0]) % bound

    def run(self, seconds: float) -> None:
        """Search for so long."""
        end = monotonic() + seconds
        while monotonic() < end or not self.found:
            if len(self.found) < KEPT:
                candidate = self._build(empty_netlist(OUTPUTS), self._shuffled(range(OUTPUTS)), limit=120)
            elif self.draw(6):
                candidate = self._ruin_and_rebuild(self._pick())
            else:
                candidate = copy_netlist(self._pick())
            if candidate is not None:
                steps, two_gates_in = (300, 1000, 3000, 6000)[self.draw(4)], (0, 1, 4, 10)[self.draw(4)]
                self._keep(rewrite(candidate, steps, self.draw(3), two_gates_in, self._state))

    def best_circuit(self, samples: int) -> Circuit:
        """Wander among netlists with the fewest gates for the circuit whose statements are cheapest."""
        net = self.found[0]
        fewest, best = net.size[0], self._ordered(net)
        for _ in range(samples):
            wandered = rewrite(net, 20, 0, 0, self._state)
            if wandered.size[0] == fewest:
                net = wandered
            best = min(best, self._ordered(net), key=statement_cost)
        return best

    def _ordered(self, net: Netlist) -> Circuit:
        return cheapest_order(to_circuit(net, self._box), tries=400, draw=self.draw)

    def _pick(self) -> Netlist:
        return self.found[min(self.draw(len(self.found)), self.draw(len(self.found)))]

    def _shuffled(self, numbers: Sequence[int]) -> list[int]:
        return sorted(numbers, key=lambda _: self.draw(1 << 20))

    def _ruin_and_rebuild(self, net: Netlist) -> Netlist | None:
        """Give up one or two outputs, with the gates that they alone need, and build them again."""
        order = self._shuffled(range(OUTPUTS))
        dropped, kept = (order[:1], order[1:]) if self.draw(4) else (order[:2], order[2:])
        rest = copy_netlist(net)._replace(outputs=net.outputs[kept])
        sweep(rest, self._state)
        if self.draw(2):
            rest = rewrite(rest, (50, 200, 600)[self.draw(3)], 1, (0, 4)[self.draw(2)], self._state)
        outputs = np.zeros(OUTPUTS, dtype=np.int64)
        outputs[kept] = rest.outputs
        return self._build(rest._replace(outputs=outputs), dropped, limit=int(net.size[0]) + ROOM)

    def _build(self, net: Netlist, missing: Sequence[int], limit: int) -> Netlist | None:
        for output in missing:
            thorough = 3 + (self.draw(3) == 0)
            signal = build(net, self._targets[output], EVERYTHING, EVERY_INPUT, limit, thorough, self._state)
            if signal < 0:
                return None
            net.outputs[output] = signal
        return net

    def _keep(self, net: Netlist) -> None:
        """Keep a netlist that is no worse than the worst; among equals the newest comes first."""
        self.found = sorted([net, *self.found], key=lambda kept: int(kept.size[0]))[:KEPT]
