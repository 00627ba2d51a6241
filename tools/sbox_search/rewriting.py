"""Rewrites a finished netlist step by step, never changing its outputs, so that gates fall away.

A step takes a gate, works out for which inputs x its value reaches an output at all, and replaces it by a signal, by
another gate, or now and then by two, that agree with it there. Most steps change nothing in the count; they wander
through equal netlists until one lets go of a gate.
"""

import numpy as np

from tools.sbox_search.netlist import (
    Array,
    Netlist,
    add_gate,
    apply_gate,
    compiled,
    complement_operand,
    copy_netlist,
    draw,
    fit_gate,
    sweep,
)

ALL = np.uint64(2**64 - 1)


@compiled
def _observe(net: Netlist, gate: int, downstream: Array) -> int:
    """Mark the gates that depend on this one; give the inputs x for which an output depends on it."""
    flipped = net.table.copy()
    downstream[:] = False
    downstream[gate] = True
    flipped[gate] ^= ALL
    for signal in range(gate + 1, net.size[0]):
        left, right = net.left[signal], net.right[signal]
        if downstream[left] or downstream[right]:
            downstream[signal] = True
            flipped[signal] = apply_gate(net.function[signal], flipped[left], flipped[right])
    care: int = np.uint64(0)
    for output in net.outputs:
        care |= flipped[output] ^ net.table[output]
    return care


@compiled
def _rewire(net: Netlist, gate: int, signal: int, inverted: bool) -> None:
    """Let every reader of the gate read the signal, or its complement, instead."""
    for reader in range(6, net.size[0]):
        if net.left[reader] == gate:
            net.left[reader] = signal
            if inverted:
                net.function[reader] = complement_operand(net.function[reader], True)
        if net.right[reader] == gate:
            net.right[reader] = signal
            if inverted:
                net.function[reader] = complement_operand(net.function[reader], False)
    for number in range(len(net.outputs)):
        if net.outputs[number] == gate:
            net.outputs[number] = signal


@compiled
def _replace_by_signal(net: Netlist, gate: int, care: int, usable: Array) -> bool:
    for signal in usable:
        difference = (net.table[signal] ^ net.table[gate]) & care
        if difference == 0 or difference == care:
            _rewire(net, gate, signal, difference != 0)
            return True
    return False


@compiled
def _replace_by_gate(net: Netlist, gate: int, care: int, usable: Array) -> bool:
    old = (net.left[gate], net.right[gate])
    for number in range(len(usable)):
        left = usable[number]
        for right in usable[:number]:
            if (left, right) == old or (right, left) == old:
                continue
            function = fit_gate(net.table[left], net.table[right], net.table[gate], care)
            if function >= 0:
                net.function[gate], net.left[gate], net.right[gate] = function, left, right
                return True
    return False


@compiled
def _replace_by_two_gates(net: Netlist, gate: int, care: int, usable: Array, state: Array) -> bool:
    functions = np.array([8, 4, 2, 14, 6])
    for _ in range(60):
        left, right = usable[draw(state, len(usable))], usable[draw(state, len(usable))]
        inner = functions[draw(state, 5)]
        table = apply_gate(inner, net.table[left], net.table[right])
        for signal in usable:
            function = fit_gate(table, net.table[signal], net.table[gate], care)
            if left != right and function >= 0 and function not in (3, 5, 10, 12):  # which read one operand alone
                net.left[gate], net.right[gate] = add_gate(net, inner, left, right), signal
                net.function[gate] = function
                return True
    return False


@compiled
def _step(net: Netlist, state: Array, two_gates_in: int, downstream: Array) -> bool:
    """Rewrite at one random gate; tell whether anything changed."""
    gate = 6 + draw(state, net.size[0] - 6)
    care = _observe(net, gate, downstream)
    usable = np.flatnonzero(~downstream[: net.size[0]])
    for number in range(len(usable) - 1, 0, -1):
        other = draw(state, number + 1)
        usable[number], usable[other] = usable[other], usable[number]
    if _replace_by_signal(net, gate, care, usable):
        return True
    if two_gates_in and draw(state, two_gates_in) == 0 and _replace_by_two_gates(net, gate, care, usable, state):
        return True
    return _replace_by_gate(net, gate, care, usable)


@compiled
def _assign(net: Netlist, source: Netlist) -> None:
    net.function[:], net.left[:], net.right[:] = source.function, source.left, source.right
    net.table[:], net.size[:], net.outputs[:] = source.table, source.size, source.outputs


@compiled
def _wander(net: Netlist, best: Netlist, steps: int, slack: int, two_gates_in: int, state: Array) -> None:
    downstream = np.zeros(len(net.table), dtype=np.bool_)
    before = copy_netlist(net)
    for _ in range(steps):
        _assign(before, net)
        if _step(net, state, two_gates_in, downstream):
            sweep(net, state)
            if net.size[0] > max(before.size[0], best.size[0] + slack):
                _assign(net, before)
            elif net.size[0] <= best.size[0]:
                _assign(best, net)


def rewrite(net: Netlist, steps: int, slack: int, two_gates_in: int, state: Array) -> Netlist:
    """Wander for some steps, at most `slack` gates above the least; give the last netlist with the fewest gates.

    One step in `two_gates_in` may put two gates for one; 0 is never.
    """
    best = copy_netlist(net)
    _wander(copy_netlist(net), best, steps, slack, two_gates_in, state)
    return best
