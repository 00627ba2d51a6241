"""Between the netlists of the search and the circuits of the plugin, which know & | ^ and &~ and no inversion inside.

Complementing inputs is free, and six choices fix the polarity in which every gate is held: an XOR passes on the sum
of its operands', an AND of two complements is held as the complement of an OR, and an AND of one is an and-not.
"""

from itertools import product

from plugins.des3.circuits import INPUTS, Circuit, Gate, Operation
from tools.sbox_search.netlist import Netlist, add_gate, empty_netlist
from tools.sbox_search.truth_tables import ALL, INPUT_TABLES, target_tables

_FUNCTIONS: dict[Operation, int] = {"&": 8, "|": 14, "^": 6, "&~": 4}


def to_netlist(circuit: Circuit) -> Netlist:
    """Forget the inversions of a circuit: outputs are right up to complement, inputs are x1 … x6 themselves."""
    net = empty_netlist(len(circuit.outputs))
    for gate in circuit.gates:
        function = _FUNCTIONS[gate.operation]
        for operand, distance in ((gate.left, 2), (gate.right, 1)):
            if operand < INPUTS and circuit.inverted_inputs[operand]:
                function = sum(1 << row for row in range(4) if function >> (row ^ distance) & 1)
        add_gate(net, function, gate.left, gate.right)
    net.outputs[:] = circuit.outputs
    return net


def _hold(net: Netlist, inverted: tuple[bool, ...]) -> tuple[Gate, ...]:
    """Write the gates with inputs held as `inverted` says."""
    polarity = list(inverted)
    gates = []
    for signal in range(INPUTS, int(net.size[0])):
        left, right = int(net.left[signal]), int(net.right[signal])
        ones = [row for row in range(4) if int(net.function[signal]) >> row & 1]
        if ones in ([1, 2], [0, 3]):
            gates.append(Gate("^", left, right))
            polarity.append((ones == [0, 3]) ^ polarity[left] ^ polarity[right])
            continue
        if len(ones) not in (1, 3):
            raise ValueError("a gate that reads one operand or none")
        (row,) = ones if len(ones) == 1 else {0, 1, 2, 3} - set(ones)
        # The gate, or its complement, is an AND that is one for this row: an operand counts as it is held, or not.
        plain_left, plain_right = (row >> 1 & 1) ^ polarity[left], (row & 1) ^ polarity[right]
        complement = len(ones) == 3
        if plain_left and plain_right:
            gates.append(Gate("&", left, right))
        elif plain_left:
            gates.append(Gate("&~", left, right))
        elif plain_right:
            gates.append(Gate("&~", right, left))
        else:
            gates.append(Gate("|", left, right))
            complement = not complement
        polarity.append(complement)
    return tuple(gates)


def _held_tables(gates: tuple[Gate, ...], inverted: tuple[bool, ...]) -> list[int]:
    tables = [table ^ (ALL if flip else 0) for table, flip in zip(INPUT_TABLES, inverted, strict=True)]
    for gate in gates:
        a, b = tables[gate.left], tables[gate.right]
        tables.append({"&": a & b, "|": a | b, "^": a ^ b, "&~": a & ~b}[gate.operation])
    return tables


def to_circuit(net: Netlist, box: int) -> Circuit:
    """Choose the polarities with the fewest and-not gates and write the circuit of S1 … S8 (0 … 7)."""
    choices = product((False, True), repeat=INPUTS)
    written = ((inverted, _hold(net, inverted)) for inverted in choices)
    inverted, gates = min(written, key=lambda pair: sum(gate.operation == "&~" for gate in pair[1]))
    tables = _held_tables(gates, inverted)
    outputs = tuple(int(output) for output in net.outputs)
    differences = [tables[output] ^ target for output, target in zip(outputs, target_tables(box), strict=True)]
    if not {0, ALL}.issuperset(differences):
        raise ValueError("the netlist does not compute the S-box")
    return Circuit(inverted, gates, outputs, tuple(difference == ALL for difference in differences))


def write_circuit(circuit: Circuit, name: str) -> str:
    """Write a circuit in the notation that `plugins.des3.circuits` reads."""

    def signal(number: int) -> str:
        return f"x{number + 1}" if number < INPUTS else f"g{number - INPUTS + 1}"

    def row(verb: str, signals: tuple[int, ...], inverted: tuple[bool, ...]) -> str:
        names = ("~" * flip + signal(number) for number, flip in zip(signals, inverted, strict=True))
        return f"{name} {verb} {' '.join(names)}"

    lines = [row("reads", tuple(range(INPUTS)), circuit.inverted_inputs)]
    for number, gate in enumerate(circuit.gates, start=INPUTS):
        lines.append(f"{signal(number)} = {signal(gate.left)} {gate.operation} {signal(gate.right)}")
    lines.append(row("gives", circuit.outputs, circuit.inverted_outputs))
    return "\n".join(lines)
