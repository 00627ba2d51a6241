"""The S-boxes as boolean circuits, read from `circuits.txt`; `tools/sbox_search` found them.

A circuit reads six signals x1 … x6 (x1 the most significant bit), computes gates g1, g2, … and gives four outputs,
the most significant first. `~` before an input says that the circuit reads the complement of that bit of the
S-box's input, `~` before an output that the output bit is the complement of that gate: both cost nothing, for they
fold into the key (`key_schedule`).
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

INPUTS = 6
OUTPUTS = 4

Operation = Literal["&", "|", "^", "&~"]


@dataclass(frozen=True)
class Gate:
    """`left operation right`. Signals are numbered: 0 … 5 the inputs, from 6 the gates in order."""

    operation: Operation
    left: int
    right: int


@dataclass(frozen=True)
class Circuit:
    """One S-box: its gates in an order that can be computed, and where a complement is read or given."""

    inverted_inputs: tuple[bool, ...]
    gates: tuple[Gate, ...]
    outputs: tuple[int, ...]
    inverted_outputs: tuple[bool, ...]


def parse_circuit(text: str) -> Circuit:
    """Read one circuit in the notation of `circuits.txt`. Raises ValueError for anything else."""
    reads, *gate_lines, gives = text.splitlines()
    return Circuit(
        inverted_inputs=_inverted(reads, "reads", INPUTS),
        gates=tuple(_parse_gate(line, position) for position, line in enumerate(gate_lines)),
        outputs=tuple(_signal(name.lstrip("~")) for name in _names(gives, "gives", OUTPUTS)),
        inverted_outputs=_inverted(gives, "gives", OUTPUTS),
    )


@cache
def sbox_circuits() -> tuple[Circuit, ...]:
    """Give the circuits of S1 … S8."""
    text = Path(__file__).with_name("circuits.txt").read_text(encoding="ascii")
    return tuple(parse_circuit(part) for part in text.strip().split("\n\n") if not part.startswith("#"))


def _names(line: str, verb: str, count: int) -> list[str]:
    _, found, *names = line.split()
    if found != verb or len(names) != count:
        raise ValueError(f"not a line of a circuit: {line!r}")
    return names


def _inverted(line: str, verb: str, count: int) -> tuple[bool, ...]:
    return tuple(name.startswith("~") for name in _names(line, verb, count))


def _signal(name: str) -> int:
    return int(name[1:]) - 1 + (INPUTS if name[0] == "g" else 0)


def _parse_gate(line: str, position: int) -> Gate:
    match line.split():
        case [name, "=", left, "&" | "|" | "^" | "&~" as operation, right]:
            gate = Gate(operation, _signal(left), _signal(right))
            if _signal(name) == position + INPUTS > max(gate.left, gate.right):
                return gate
    raise ValueError(f"not a gate, or out of order: {line!r}")
