"""Puts the gates of a circuit in the order that is cheapest for `bitarray`, whose gates take over dead operands."""

from collections.abc import Callable

from plugins.des3.circuits import INPUTS, OUTPUTS, Circuit, Gate
from plugins.des3.straight_line import circuit_statements

_INPUT_NAMES = [f"x{number}" for number in range(INPUTS)]
_TARGET_NAMES = [f"y{number}" for number in range(OUTPUTS)]


def statement_cost(circuit: Circuit) -> int:
    """Weigh the statements for one S-box: an operation in place counts 1, one that allocates 2."""
    return sum(2 if " = " in line else 1 for line in circuit_statements(circuit, _INPUT_NAMES, _TARGET_NAMES))


def _reorder(circuit: Circuit, order: list[int]) -> Circuit:
    place = {signal: signal for signal in range(INPUTS)} | {gate: INPUTS + n for n, gate in enumerate(order)}
    gates = (circuit.gates[signal - INPUTS] for signal in order)
    return Circuit(
        circuit.inverted_inputs,
        tuple(Gate(gate.operation, place[gate.left], place[gate.right]) for gate in gates),
        tuple(place[output] for output in circuit.outputs),
        circuit.inverted_outputs,
    )


def cheapest_order(circuit: Circuit, tries: int, draw: Callable[[int], int]) -> Circuit:
    """Move one gate at a time to another place where it can be computed, and keep what is not dearer."""
    order = list(range(INPUTS, INPUTS + len(circuit.gates)))
    operands = {signal: (gate.left, gate.right) for signal, gate in enumerate(circuit.gates, start=INPUTS)}
    best, cost = circuit, statement_cost(circuit)
    for _ in range(tries):
        moved = order[draw(len(order))]
        others = [signal for signal in order if signal != moved]
        earliest = 1 + max((others.index(operand) for operand in operands[moved] if operand >= INPUTS), default=-1)
        readers = (place for place, signal in enumerate(others) if moved in operands[signal])
        place = earliest + draw(next(readers, len(others)) - earliest + 1)
        candidate = [*others[:place], moved, *others[place:]]
        reordered = _reorder(circuit, candidate)
        if (candidate_cost := statement_cost(reordered)) <= cost:
            best, cost, order = reordered, candidate_cost, candidate
    return best
