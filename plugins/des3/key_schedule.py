"""The key schedule of Triple DES in the form a bit-sliced engine wants (SP 800-67 Rev. 2 §2 and §3.1).

Encrypting is E(K3, D(K2, E(K1, block))): 48 rounds in a row. The final permutation of one DES and the initial
permutation of the next cancel, which leaves an exchange of the halves, so the halves are *not* exchanged after
rounds 16 and 32, nor after round 48, whose output is already in the order that the final permutation reads.

In a bit-sliced round the XOR of a key bit is "this plane, or its complement". The same place takes up the free
complements of the circuits: an input that a circuit reads complemented, and a plane of a half that is held
complemented because the outputs XORed into it were.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from operator import itemgetter

from framework.plugin import SecretValue
from plugins.des3.circuits import Circuit
from plugins.des3.tables import EXPANSION, LEFT_SHIFTS, PERMUTATION, PERMUTED_CHOICE_1, PERMUTED_CHOICE_2

ROUNDS = 48
"""Rounds of Triple DES."""

ROUND_INPUTS = 48
"""Bits of a round key, and inputs of the eight S-boxes of a round."""

HALF = 32
"""Bits of one half of a block."""

EXPANDED = tuple(position - 1 for position in EXPANSION)
"""Which plane of the right half is input 0 … 47 of the S-boxes."""

PERMUTED = tuple(PERMUTATION.index(output + 1) for output in range(HALF))
"""Which plane of the left half output 0 … 31 of the S-boxes goes to."""


def exchanges_halves(round_index: int) -> bool:
    """Tell whether the halves change places after round 0 … 47."""
    return round_index % 16 != 15


def _round_selection(shift: int) -> tuple[int, ...]:
    """Give the key bit, 0 … 63, that each bit of a round key is, the halves C and D turned left by `shift`."""
    halves = (PERMUTED_CHOICE_1[:28], PERMUTED_CHOICE_1[28:])
    turned = tuple(chain.from_iterable(half[shift % 28 :] + half[: shift % 28] for half in halves))
    return tuple(turned[position - 1] - 1 for position in PERMUTED_CHOICE_2)


_SELECT = tuple(itemgetter(*_round_selection(shift)) for shift in accumulate(LEFT_SHIFTS))
"""Takes the 64 bits of a key, gives a round key: for each of the 16 rounds."""


def round_keys(key: bytes) -> list[bytes]:
    """Give the 48 round keys of a 24-byte key bundle in the order of use, a byte, 0 or 1, for each of 48 bits."""
    keys = []
    for position, order in ((0, _SELECT), (8, _SELECT[::-1]), (16, _SELECT)):
        part = int.from_bytes(key[position : position + 8], "big")
        bits = bytes(part >> shift & 1 for shift in range(63, -1, -1))
        keys += [bytes(select(bits)) for select in order]
    return keys


def _fold_circuits(circuits: Sequence[Circuit]) -> tuple[tuple[int, ...], bytes]:
    """Follow the free complements through the rounds.

    Gives for each round the complements of the 48 inputs, as an integer of 48 bytes, and for the 64 planes of
    the last left and right half whether they end up complemented.
    """
    read = bytes(chain.from_iterable(circuit.inverted_inputs for circuit in circuits))
    given = bytes(chain.from_iterable(circuit.inverted_outputs for circuit in circuits))
    left, right = bytearray(HALF), bytearray(HALF)
    rounds = []
    for index in range(ROUNDS):
        complements = bytes(inverted ^ right[plane] for inverted, plane in zip(read, EXPANDED, strict=True))
        rounds.append(int.from_bytes(complements, "big"))
        for plane, inverted in zip(PERMUTED, given, strict=True):
            left[plane] ^= inverted
        if exchanges_halves(index):
            left, right = right, left
    return tuple(rounds), bytes(left + right)


@dataclass(frozen=True, slots=True)
class CircuitFolding:
    """What the free complements of the circuits add to every key: `rounds` to the round keys, `output` at the end."""

    rounds: tuple[int, ...]
    output: bytes

    @classmethod
    def of(cls, circuits: Sequence[Circuit]) -> "CircuitFolding":
        """Follow the complements of these eight circuits through the 48 rounds."""
        return cls(*_fold_circuits(circuits))


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class KeySchedule(SecretValue):
    """For each of 48 rounds 48 bytes, 0 or 1: whether that S-box input takes the complement of its plane."""

    rounds: tuple[bytes, ...]

    @classmethod
    def of(cls, key: bytes, folding: CircuitFolding) -> "KeySchedule":
        """Expand a 24-byte key bundle; its parity bits are ignored."""
        folded = zip(round_keys(key), folding.rounds, strict=True)
        return cls(tuple((int.from_bytes(bits, "big") ^ fold).to_bytes(ROUND_INPUTS, "big") for bits, fold in folded))

    def __repr__(self) -> str:
        return "KeySchedule(48 rounds)"
