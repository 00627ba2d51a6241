"""Turns the circuits into one straight-line function of a round, for `bitarray`, which is cheapest in place.

`a &= b` costs half of `t = a & b`, which allocates and copies. So a gate takes over the plane of an operand that
nothing reads later; the planes of the inputs are never taken over. An XOR that only one output needs is never
formed: its operands are XORed into the left half one after the other.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from bitarray import bitarray

from plugins.des3.circuits import INPUTS, OUTPUTS, Circuit, sbox_circuits
from plugins.des3.key_schedule import HALF, PERMUTED, ROUND_INPUTS

Round = Callable[[Sequence[bitarray], Sequence[bitarray]], None]
"""Takes the 32 planes of the left half, which it changes, and the 48 inputs of the S-boxes, which it only reads."""


class _Plan:
    """Which gates of a circuit are formed, how often each signal is read, and what each is XORed into."""

    def __init__(self, circuit: Circuit, targets: Sequence[str]) -> None:
        self.reads = Counter[int]()
        self.formed: list[int] = []
        self.given: dict[int, list[str]] = {}
        for signal, target in zip(circuit.outputs, targets, strict=True):
            self.given.setdefault(signal, []).append(target)
        for signal in range(INPUTS + len(circuit.gates) - 1, INPUTS - 1, -1):
            gate = circuit.gates[signal - INPUTS]
            operands = (gate.left, gate.right)
            targets_of_gate = self.given.get(signal, [])
            if gate.operation == "^" and not self.reads[signal] and len(targets_of_gate) == 1:
                (target,) = self.given.pop(signal)
                for operand in operands:
                    self.given.setdefault(operand, []).append(target)
            elif self.reads[signal] or targets_of_gate:
                self.formed.append(signal)
                self.reads.update(operands)
        self.formed.reverse()


def circuit_statements(circuit: Circuit, inputs: Sequence[str], targets: Sequence[str]) -> Iterator[str]:
    """Give the statements that XOR the four outputs of a circuit into the planes called `targets`."""
    plan = _Plan(circuit, targets)
    names = dict(enumerate(inputs))
    unused: list[str] = []

    def gifts(signal: int) -> Iterator[str]:
        return (f"{target} ^= {names[signal]}" for target in plan.given.get(signal, ()))

    for signal in range(INPUTS):
        yield from gifts(signal)
    for signal in plan.formed:
        gate = circuit.gates[signal - INPUTS]
        left, right = names[gate.left], names[gate.right]
        plan.reads.subtract((gate.left, gate.right))
        dead = [names[operand] for operand in (gate.left, gate.right) if operand >= INPUTS and not plan.reads[operand]]
        if dead:
            taken = names[signal] = dead.pop()
            unused += dead
            other = right if taken == left else left
            if gate.operation != "&~":
                yield f"{taken} {gate.operation}= {other}"
            else:  # left & ~right, where one of them is to be overwritten
                yield f"{taken} {'|' if taken == left else '&'}= {other}"
                yield f"{taken} ^= {other}"
        else:
            fresh = names[signal] = unused.pop() if unused else f"t{signal}"
            yield f"{fresh} = {left} {gate.operation[0]} {right}"
            if gate.operation == "&~":
                yield f"{fresh} ^= {left}"
        yield from gifts(signal)


def round_source(circuits: Sequence[Circuit]) -> str:
    """Write the function of a round."""
    left = [f"l{plane}" for plane in range(HALF)]
    inputs = [f"x{position}" for position in range(ROUND_INPUTS)]
    lines = ["def feistel_round(left, inputs):", f"({', '.join(left)}) = left", f"({', '.join(inputs)}) = inputs"]
    for box, circuit in enumerate(circuits):
        targets = [left[plane] for plane in PERMUTED[box * OUTPUTS : (box + 1) * OUTPUTS]]
        lines += circuit_statements(circuit, inputs[box * INPUTS : (box + 1) * INPUTS], targets)
    return "\n    ".join(lines)


@cache
def feistel_round() -> Round:
    """Compile the function of a round from the plugin's own circuits: about 10 ms, once a process."""
    namespace: dict[str, Round] = {}
    exec(compile(round_source(sbox_circuits()), "<des3 circuits>", "exec"), namespace)  # noqa: S102  # our own data
    return namespace["feistel_round"]
