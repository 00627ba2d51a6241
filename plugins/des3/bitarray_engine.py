"""The default engine: 64·W blocks at once, a `bitarray` for each of the 64 bit positions of a block."""

from collections.abc import Sequence
from functools import cache
from operator import invert, itemgetter

from bitarray import bitarray

from framework.plugin import SecretValue
from plugins.des3.circuits import sbox_circuits
from plugins.des3.counter import counter_planes
from plugins.des3.key_schedule import EXPANDED, HALF, ROUND_INPUTS, CircuitFolding, KeySchedule, exchanges_halves
from plugins.des3.straight_line import feistel_round
from plugins.des3.tables import INITIAL_PERMUTATION
from plugins.des3.transpose import transpose

FINAL_PERMUTATION = tuple(INITIAL_PERMUTATION.index(position) for position in range(1, 65))

# A byte for each of the 48 inputs of a round, so that one addition of integers sets them all.
_EXPANDED = int.from_bytes(EXPANDED, "big")


@cache
def circuit_folding() -> CircuitFolding:
    """Give the folding of the plugin's own circuits."""
    return CircuitFolding.of(sbox_circuits())


class BitarrayKeystream(SecretValue):
    """The keystream of one key: E(K, counter) for runs of counters.

    The operations are the same for every key; the key says on which of the planes they work.
    """

    __slots__ = ("_rounds",)

    def __init__(self, schedule: KeySchedule) -> None:
        # For each round: where the 48 inputs are in a list of the 32 planes and then their 32 complements.
        places = (_EXPANDED + HALF * int.from_bytes(bits, "big") for bits in schedule.rounds)
        self._rounds = tuple(itemgetter(*place.to_bytes(ROUND_INPUTS, "big")) for place in places)

    def blocks(self, first: int, count: int) -> bytes:
        """Give E(K, first) ‖ E(K, first+1) ‖ …, `count` blocks; `count` is 64 times a power of two."""
        planes = self.encrypt_planes(counter_planes(first, count))
        transpose(planes)
        return b"".join(map(bitarray.tobytes, planes))

    def encrypt_planes(self, planes: Sequence[bitarray]) -> list[bitarray]:
        """Encrypt blocks given as 64 planes, the most significant bit first; the planes are used up."""
        planes = [planes[position - 1] for position in INITIAL_PERMUTATION]
        left, right = planes[:HALF], planes[HALF:]
        run_round = feistel_round()
        for index, inputs in enumerate(self._rounds):
            run_round(left, inputs([*right, *map(invert, right)]))
            if exchanges_halves(index):
                left, right = right, left
        planes = left + right
        for plane, complement in zip(planes, circuit_folding().output, strict=True):
            if complement:
                plane.invert()
        return [planes[source] for source in FINAL_PERMUTATION]
