"""Builds one function onto a netlist by Kwan's method ("Reducing the Gate Count of Bitslice DES").

To form a target wherever it matters: take a signal that is it already, or one more gate, or two more; else split on
an input, form the target where that input has one value, then what must be flipped where it has the other, and join
the two by an AND and an XOR. What does not matter in a half is free, so gates made earlier often serve again.
Everything is up to complement.
"""

import numpy as np

from tools.sbox_search.netlist import AND, XOR, Array, Netlist, add_gate, compiled, draw, fit_gate

NONE = -1


@compiled
def _find_signal(net: Netlist, target: int, care: int, start: int) -> int:
    for number in range(net.size[0]):
        signal: int = (number + start) % net.size[0]
        difference = (net.table[signal] ^ target) & care
        if difference == 0 or difference == care:
            return signal
    return NONE


@compiled
def _add_one_gate(net: Netlist, target: int, care: int, start: int) -> int:
    size = net.size[0]
    for number in range(size):
        left = (number + start) % size
        for right in range(left):
            function = fit_gate(net.table[left], net.table[right], target, care)
            if function >= 0:
                return add_gate(net, function, left, right)
    return NONE


@compiled
def _add_two_gates(net: Netlist, target: int, care: int, start: int) -> int:
    """Find target = signal ∘ gate: by XOR, or, where the signal decides one value of the target, by AND."""
    size = net.size[0]
    for number in range(size):
        last = (number + start) % size
        table = net.table[last]
        for way in range(5):
            if way == 0:
                wanted, where = target ^ table, care
            else:
                wanted = target if way & 1 else ~target
                where = care & (table if way & 2 else ~table)
                if wanted & care & ~where:
                    continue
            for left in range(size):
                for right in range(left):
                    function = fit_gate(net.table[left], net.table[right], wanted, where)
                    if function >= 0:
                        gate = add_gate(net, function, left, right)
                        return add_gate(net, fit_gate(net.table[gate], table, target, care), gate, last)
    return NONE


@compiled
def _join(net: Netlist, target: int, near: int, far: int, base: int, flip: int, split: int) -> int:
    """Join `base`, right on `near`, with `flip`, right on `far`, the half where input `split` selects it."""
    inverted = ((net.table[flip] ^ net.table[base] ^ target) & far != 0) != ((net.table[base] ^ target) & near != 0)
    selects_ones = net.table[split] & far == far
    function = AND >> ((0 if selects_ones else 2) + (1 if inverted else 0))
    return add_gate(net, XOR, add_gate(net, function, split, flip), base)


@compiled
def build(net: Netlist, target: int, care: int, unsplit: int, limit: int, thorough: int, state: Array) -> int:
    """Form `target` or its complement where `care` has bits; give its signal, or -1 beyond `limit` signals.

    `unsplit` is the set of inputs not yet split on. With `thorough` of them left or fewer every way to go on is
    tried and the shortest kept; with more, one at random.
    """
    before = net.size[0]
    start = draw(state, before)
    signal = _find_signal(net, target, care, start) if before <= limit else NONE
    if signal == NONE and before + 1 <= limit:
        signal = _add_one_gate(net, target, care, start)
    if signal == NONE and before + 2 <= limit:
        signal = _add_two_gates(net, target, care, start)
    if signal != NONE or before + 3 > limit:
        return signal
    ways = 0
    for split in range(6):
        ways += 2 * (unsplit >> split & 1)
    only = draw(state, ways) if ways > 2 * thorough else NONE
    best = np.empty((0, 3), dtype=np.int64)
    best_signal, way = NONE, -1
    for turn in range(12):
        split, side = turn >> 1, turn & 1
        if not unsplit >> split & 1:
            continue
        way += 1
        if only not in (NONE, way):
            continue
        near = care & (net.table[split] if side else ~net.table[split])
        far = care & ~near
        rest = unsplit & ~(1 << split)
        base = build(net, target, near, rest, limit - 2, thorough, state)
        if base != NONE:
            flip = build(net, target ^ net.table[base], far, rest, limit - 2, thorough, state)
            if flip != NONE and net.size[0] + 2 <= limit:
                best_signal = _join(net, target, near, far, base, flip, split)
                limit = net.size[0] - 1
                best = np.empty((net.size[0] - before, 3), dtype=np.int64)
                for row in range(len(best)):
                    gate = before + row
                    best[row, 0], best[row, 1], best[row, 2] = net.function[gate], net.left[gate], net.right[gate]
        net.size[0] = before
    for row in range(len(best)):
        add_gate(net, best[row, 0], best[row, 1], best[row, 2])
    return best_signal
