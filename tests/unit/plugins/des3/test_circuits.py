"""Each circuit is its S-box, whatever the search says."""

from types import ModuleType

import pytest
from bitarray import bitarray

from plugins.des3.circuits import INPUTS, Circuit, parse_circuit, sbox_circuits
from plugins.des3.straight_line import circuit_statements

EXAMPLE = "S0 reads x1 ~x2 x3 x4 x5 x6\ng1 = x1 & x2\ng2 = g1 &~ x6\nS0 gives g1 ~g2 x3 g2"


def evaluate(circuit: Circuit, x: int) -> int:
    signals = [bool(x >> (5 - bit) & 1) ^ circuit.inverted_inputs[bit] for bit in range(INPUTS)]
    for gate in circuit.gates:
        a, b = signals[gate.left], signals[gate.right]
        signals.append({"&": a and b, "|": a or b, "^": a != b, "&~": a and not b}[gate.operation])
    outputs = [signals[out] ^ flip for out, flip in zip(circuit.outputs, circuit.inverted_outputs, strict=True)]
    return int("".join(str(int(bit)) for bit in outputs), 2)


@pytest.mark.parametrize("box", range(8))
def test_a_circuit_equals_the_table(box: int, textbook: ModuleType) -> None:
    circuit = sbox_circuits()[box]
    assert [evaluate(circuit, x) for x in range(64)] == [textbook.substitute(box, x) for x in range(64)]


@pytest.mark.parametrize("box", range(8))
def test_the_statements_compute_the_circuit_into_the_targets(box: int, textbook: ModuleType) -> None:
    circuit = sbox_circuits()[box]
    names = [f"x{number}" for number in range(INPUTS)]
    planes = {name: bitarray([x >> (5 - bit) & 1 for x in range(64)]) for bit, name in enumerate(names)}
    targets = {name: bitarray(64) for name in "pqrs"}
    for bit, name in enumerate(names):
        if circuit.inverted_inputs[bit]:
            planes[name].invert()
    before = {name: plane.copy() for name, plane in planes.items()}
    exec("\n".join(circuit_statements(circuit, names, list("pqrs"))), {}, {**planes, **targets})  # noqa: S102
    for target, flip in zip(targets.values(), circuit.inverted_outputs, strict=True):
        if flip:
            target.invert()
    given = [int("".join(str(target[x]) for target in targets.values()), 2) for x in range(64)]
    assert given == [textbook.substitute(box, x) for x in range(64)]
    assert planes == before, "the inputs are only read"


def test_gate_counts() -> None:
    """No more than Kwan's 56 an S-box with and, or, xor and not, where an and-not is two of those."""
    gates = [gate for circuit in sbox_circuits() for gate in circuit.gates]
    and_nots = sum(gate.operation == "&~" for gate in gates)
    assert (len(gates) + and_nots) / 8 <= 56
    assert len(gates) / 8 <= 47


def test_every_gate_is_used() -> None:
    for circuit in sbox_circuits():
        read = {signal for gate in circuit.gates for signal in (gate.left, gate.right)} | set(circuit.outputs)
        assert read == set(range(INPUTS + len(circuit.gates)))


def test_parse_reads_the_notation() -> None:
    circuit = parse_circuit(EXAMPLE)
    assert circuit.inverted_inputs == (False, True, False, False, False, False)
    assert [(gate.operation, gate.left, gate.right) for gate in circuit.gates] == [("&", 0, 1), ("&~", 6, 5)]
    assert circuit.outputs == (6, 7, 2, 7)
    assert circuit.inverted_outputs == (False, True, False, False)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("g1 = x1 & x2", "g1 = x1 + x2"),
        ("g1 = x1 & x2", "g1 = g2 & x2"),
        ("g1 = x1 & x2", "g1 = g1 & x2"),
        ("g2 =", "g3 ="),
        ("S0 reads x1 ~x2", "S0 reads x1"),
        ("S0 gives", "S0 reads"),
    ],
)
def test_parse_refuses(right: str, wrong: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_circuit(EXAMPLE.replace(right, wrong))
