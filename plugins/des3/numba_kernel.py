"""The compiled kernel of the optional fast engine. Importing this imports numba, which takes about a second.

Four 64-bit words a plane, 256 blocks at once: one AVX2 register. The circuits are written out as LLVM instructions
on such vectors, so nothing is left to the vectoriser and compiling takes seconds. The counter starts at a multiple
of 256, which makes the planes of its low eight bits constants and fills the others with zeros or ones.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from llvmlite import ir
from numba import config, njit, types
from numba.extending import intrinsic

from plugins.des3.circuits import INPUTS, OUTPUTS, Circuit, sbox_circuits
from plugins.des3.key_schedule import EXPANDED, HALF, PERMUTED, ROUND_INPUTS, ROUNDS, CircuitFolding
from plugins.des3.tables import INITIAL_PERMUTATION

WORDS = 4
"""64-bit words in a plane."""

GROUP = 64 * WORDS
"""Blocks that go through the rounds together."""

Kernel = Callable[["np.ndarray[Any, Any]", "np.ndarray[Any, Any]", np.uint64], None]
"""Takes the output, the masks of the round keys and the first counter: see `_keystream`."""

SIGNATURE = "void(uint64[::1], uint64[:, ::1], uint64)"

_WORD = ir.IntType(64)
_VECTOR = ir.VectorType(_WORD, WORDS)
_WORD_BYTES = 8
_HALF_BYTES = HALF * WORDS * _WORD_BYTES
_ROUND_KEY_BYTES = ROUND_INPUTS * _WORD_BYTES


def _emit_circuit(builder: Any, circuit: Circuit, inputs: list[Any]) -> list[Any]:
    """Write out the gates; give the four outputs."""
    signals = list(inputs)
    ones = ir.Constant(_VECTOR, [-1] * WORDS)
    for gate in circuit.gates:
        left, right = signals[gate.left], signals[gate.right]
        match gate.operation:
            case "&":
                signals.append(builder.and_(left, right))
            case "|":
                signals.append(builder.or_(left, right))
            case "^":
                signals.append(builder.xor(left, right))
            case "&~":
                signals.append(builder.and_(left, builder.xor(right, ones)))
    return [signals[output] for output in circuit.outputs]


def _emit_round(builder: Any, left: Any, right: Any, key: Any) -> None:
    """Write out one round: load, XOR with the round key, the eight circuits, XOR into the left half."""

    def element(pointer: Any, index: int) -> Any:
        return builder.gep(pointer, [ir.Constant(_WORD, index)])

    def spread(word: Any) -> Any:
        lane = ir.IntType(32)
        single = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), word, ir.Constant(lane, 0))
        zeros = ir.Constant(ir.VectorType(lane, WORDS), [0] * WORDS)
        return builder.shuffle_vector(single, ir.Constant(_VECTOR, ir.Undefined), zeros)

    for box, circuit in enumerate(sbox_circuits()):
        inputs = []
        for position in range(box * INPUTS, (box + 1) * INPUTS):
            plane = builder.load(element(right, EXPANDED[position]), align=_WORD_BYTES)
            inputs.append(builder.xor(plane, spread(builder.load(element(key, position)))))
        for output, signal in enumerate(_emit_circuit(builder, circuit, inputs)):
            target = element(left, PERMUTED[box * OUTPUTS + output])
            changed = builder.xor(builder.load(target, align=_WORD_BYTES), signal)
            builder.store(changed, target, align=_WORD_BYTES)


@intrinsic  # type: ignore[untyped-decorator]  # numba publishes no types
def _feistel_round(_typing_context: Any, _left: Any, _right: Any, _key: Any) -> tuple[Any, Callable[..., Any]]:
    """One round. Takes the addresses of the left half, the right half and the round key."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        pointers = (_VECTOR.as_pointer(), _VECTOR.as_pointer(), _WORD.as_pointer())
        _emit_round(builder, *(builder.inttoptr(*pair) for pair in zip(arguments, pointers, strict=True)))
        return context.get_dummy_value()

    return types.void(types.uintp, types.uintp, types.uintp), generate


# A row is one bit of the block in the order of a little-endian word: bytes first to last, low bit first.
_ROW_BITS = [8 * byte + 7 - bit for byte in range(8) for bit in range(8)]
_FINAL_PLANES = [INITIAL_PERMUTATION.index(bit + 1) for bit in _ROW_BITS]
# The halves have changed places 45 times by then: the last left half lies in the second half of the state.
_PLANE_OF_ROW = np.array([(plane + HALF) % 64 for plane in _FINAL_PLANES], dtype=np.int64)
_COUNTER_BIT_OF_PLANE = np.array([64 - position for position in INITIAL_PERMUTATION], dtype=np.uint64)
_FOLDED = CircuitFolding.of(sbox_circuits()).output
_COMPLEMENT_OF_ROW = np.array([2**64 - 1 if _FOLDED[plane] else 0 for plane in _FINAL_PLANES], dtype=np.uint64)
_LOW_COUNTER_BITS = np.array(
    [
        [sum(((64 * word + lane) >> bit & 1) << lane for lane in range(64)) for word in range(WORDS)]
        for bit in range(GROUP.bit_length() - 1)
    ],
    dtype=np.uint64,
)
_SWAP_MASKS = np.array(
    [sum(1 << bit for bit in range(64) if not bit & step) for step in (32, 16, 8, 4, 2, 1)], dtype=np.uint64
)


@njit  # type: ignore[untyped-decorator]
def _set_counters(state: Any, first: int) -> None:
    """Fill the planes, already in the order of the initial permutation, with `first` + 0 … 255."""
    for plane in range(64):
        bit = _COUNTER_BIT_OF_PLANE[plane]
        for word in range(WORDS):
            if bit < len(_LOW_COUNTER_BITS):
                state[plane, word] = _LOW_COUNTER_BITS[bit, word]
            else:
                state[plane, word] = np.uint64(0) - (first >> bit & np.uint64(1))


@njit  # type: ignore[untyped-decorator]
def _transpose(rows: Any) -> None:
    """Transpose the 64 by 64 bits of each word column; the low bit comes first."""
    for turn in range(6):
        step = 32 >> turn
        shift, mask = np.uint64(step), _SWAP_MASKS[turn]
        for base in range(0, 64, 2 * step):
            for row in range(base, base + step):
                for word in range(WORDS):
                    change = (rows[row, word] >> shift ^ rows[row + step, word]) & mask
                    rows[row + step, word] ^= change
                    rows[row, word] ^= change << shift


def _keystream(output: Any, masks: Any, first: int) -> None:
    """Write E(K, first), E(K, first+1), … as little-endian words of the output's bytes.

    `masks` has a word of zeros or ones for each of 48 bits of 48 round keys; `first` and the size of `output` are
    multiples of 256.
    """
    state: Any = np.empty((64, WORDS), dtype=np.uint64)
    rows: Any = np.empty((64, WORDS), dtype=np.uint64)
    for group in range(0, len(output), GROUP):
        _set_counters(state, first + np.uint64(group))
        left, right = state.ctypes.data, state.ctypes.data + _HALF_BYTES
        for index in range(ROUNDS):
            _feistel_round(left, right, masks.ctypes.data + index * _ROUND_KEY_BYTES)
            if index % 16 != 15:  # key_schedule.exchanges_halves
                left, right = right, left
        for row in range(64):
            for word in range(WORDS):
                rows[row, word] = state[_PLANE_OF_ROW[row], word] ^ _COMPLEMENT_OF_ROW[row]
        _transpose(rows)
        for word in range(WORDS):
            for row in range(64):
                output[group + 64 * word + row] = rows[row, word]


def compile_kernel(cache_directory: Path) -> Kernel:
    """Load the kernel from this directory, or compile it and keep it there: a few seconds.

    The kernel does not hold the interpreter's lock.
    """
    # numba takes the directory from its configuration at this moment, for all its users; so it is put back at once.
    before, config.CACHE_DIR = config.CACHE_DIR, str(cache_directory)
    try:
        kernel: Kernel = njit(SIGNATURE, cache=True, nogil=True)(_keystream)
    finally:
        config.CACHE_DIR = before
    return kernel
