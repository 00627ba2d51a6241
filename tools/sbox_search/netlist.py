"""A netlist of two-input gates, in arrays that numba compiles for.

Signal 0 … 5 is an input. Signal k from 6 on is a gate: any of the sixteen functions of signals left[k] and right[k],
bit 2a+b of function[k] being its value for operands a and b. Inversions cost nothing here: the engine folds those of
inputs and outputs into the key, and `notation` finds the and-not gates that are left.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numba import njit

from tools.sbox_search.truth_tables import INPUT_TABLES, INPUTS

CAPACITY = 160
"""Signals that a netlist has room for."""

AND, XOR = 8, 6

Array = Any
"""A numpy array; numba publishes no types that would say more."""

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a function with numba."""
    return cast(F, njit(cache=True)(function))


class Netlist(NamedTuple):
    """`size[0]` signals and their truth tables; `outputs` are signals, each equal to its target or its complement."""

    function: Array
    left: Array
    right: Array
    table: Array
    size: Array
    outputs: Array


def empty_netlist(outputs: int) -> Netlist:
    """Give a netlist of the six inputs alone."""
    function, left, right = (np.zeros(CAPACITY, dtype=np.int64) for _ in range(3))
    table = np.zeros(CAPACITY, dtype=np.uint64)
    table[:INPUTS] = INPUT_TABLES
    return Netlist(function, left, right, table, np.array([INPUTS]), np.zeros(outputs, dtype=np.int64))


@compiled
def copy_netlist(net: Netlist) -> Netlist:
    """Give an independent copy."""
    gates = net.function.copy(), net.left.copy(), net.right.copy()
    return Netlist(gates[0], gates[1], gates[2], net.table.copy(), net.size.copy(), net.outputs.copy())


@compiled
def draw(state: Array, bound: int) -> int:
    """Draw a number below `bound` by xorshift64*, for a search that can be repeated from its seed."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    drawn: int = np.int64((x * np.uint64(2685821657736338717) >> np.uint64(33)) % np.uint64(bound))
    return drawn


@compiled
def apply_gate(function: int, a: int, b: int) -> int:
    """Compute a gate on truth tables."""
    result: int = np.uint64(0)
    if function & 1:
        result |= ~a & ~b
    if function & 2:
        result |= ~a & b
    if function & 4:
        result |= a & ~b
    if function & 8:
        result |= a & b
    return result


@compiled
def add_gate(net: Netlist, function: int, left: int, right: int) -> int:
    """Append a gate; give its signal."""
    signal: int = net.size[0]
    net.function[signal], net.left[signal], net.right[signal] = function, left, right
    net.table[signal] = apply_gate(function, net.table[left], net.table[right])
    net.size[0] = signal + 1
    return signal


@compiled
def fit_gate(a: int, b: int, target: int, care: int) -> int:
    """Find a function with function(a, b) = target wherever `care` has a bit; -1 if there is none."""
    function = 0
    for row in range(4):
        where = care & (a if row & 2 else ~a) & (b if row & 1 else ~b)
        if where & target:
            if where & ~target:
                return -1
            function |= 1 << row
    return function


@compiled
def complement_operand(function: int, left: bool) -> int:
    """Give the function of the complement of one operand."""
    if left:
        return (function >> 2 & 3) | (function & 3) << 2
    return (function >> 1 & 5) | (function & 5) << 1


@compiled
def sweep(net: Netlist, state: Array) -> None:
    """Drop the gates that no output needs and put the others in a random order in which they can be computed."""
    size = net.size[0]
    function, left, right = net.function[:size].copy(), net.left[:size].copy(), net.right[:size].copy()
    place = np.full(size, -1)
    place[:6] = np.arange(6)
    stack = np.empty(4 * size, dtype=np.int64)
    net.size[0] = 6
    turn = draw(state, len(net.outputs))
    for number in range(len(net.outputs)):
        stack[0] = net.outputs[(number + turn) % len(net.outputs)]
        depth = 1
        while depth:
            signal = stack[depth - 1]
            first, second = left[signal], right[signal]
            if draw(state, 2):
                first, second = second, first
            if place[signal] >= 0:
                depth -= 1
            elif place[first] < 0:
                stack[depth] = first
                depth += 1
            elif place[second] < 0:
                stack[depth] = second
                depth += 1
            else:
                place[signal] = add_gate(net, function[signal], place[left[signal]], place[right[signal]])
    for number in range(len(net.outputs)):
        net.outputs[number] = place[net.outputs[number]]
