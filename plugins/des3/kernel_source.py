"""The kernel of the fast engine, written in LLVM's language. Importing this imports llvmlite, which takes 0.1 s.

A plane has four 64-bit words, so 256 blocks go through the rounds at once: one AVX2 register a plane. The circuits
are written out as LLVM instructions on such vectors, so nothing is left to a vectoriser. The first counter is a
multiple of 256. That makes the planes of its low eight bits constants, and fills the others with zeros or ones.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir

from plugins.des3.circuits import INPUTS, OUTPUTS, Circuit, sbox_circuits
from plugins.des3.compiled_engine import GROUP
from plugins.des3.key_schedule import EXPANDED, HALF, PERMUTED, ROUND_INPUTS, ROUNDS, CircuitFolding
from plugins.des3.tables import INITIAL_PERMUTATION

FUNCTION = "keystream"
"""What the kernel's function is called. `Kernel` says what it takes."""

_ROWS = 64
_WORDS = GROUP // _ROWS

_BYTE, _LANE, _WORD = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_VECTOR = ir.VectorType(_WORD, _WORDS)
_VECTOR_OF_BYTES = ir.VectorType(_BYTE, 8 * _WORDS)

# A row is one bit of the block in the order of a little-endian word: bytes first to last, low bit first.
_ROW_BITS = [8 * byte + 7 - bit for byte in range(8) for bit in range(8)]


def kernel_source() -> str:
    """Write the kernel as LLVM assembly: about 150 KB of text."""
    module = ir.Module("des3")
    takes = [_WORD.as_pointer(), _BYTE.as_pointer(), _WORD, _WORD]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), takes), FUNCTION)
    output, masks, first, groups = function.args
    builder = ir.IRBuilder(function.append_basic_block())
    state, rows = (builder.alloca(_VECTOR, size=_ROWS) for _ in range(2))
    with _loop(builder, groups) as group:
        start = builder.mul(group, _word(GROUP))
        _set_counters(builder, state, builder.add(first, start))
        with _loop(builder, _word(ROUNDS)) as index:
            _emit_round(builder, state, masks, index)
        _permute_finally(builder, state, rows)
        _transpose(builder, rows)
        _write_blocks(builder, rows, builder.gep(output, [start]))
    builder.ret_void()
    return str(module)


def _word(value: int) -> Any:
    return ir.Constant(_WORD, value)


def _every_word(value: int) -> Any:
    return ir.Constant(_VECTOR, [value] * _WORDS)


def _at(builder: Any, pointer: Any, index: int) -> Any:
    return builder.gep(pointer, [_word(index)])


def _spread(builder: Any, value: Any, vector: Any) -> Any:
    """Give a vector whose lanes all are `value`."""
    single = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(_LANE, 0))
    lanes = ir.Constant(ir.VectorType(_LANE, vector.count), [0] * vector.count)
    return builder.shuffle_vector(single, ir.Constant(vector, ir.Undefined), lanes)


@contextmanager
def _loop(builder: Any, count: Any) -> Iterator[Any]:
    """Run what is written within `count` times, once at least. Gives the index, which counts from 0."""
    before, body = builder.block, builder.append_basic_block()
    builder.branch(body)
    builder.position_at_end(body)
    index = builder.phi(_WORD)
    yield index
    following = builder.add(index, _word(1))
    index.add_incoming(_word(0), before)
    index.add_incoming(following, builder.block)
    after = builder.append_basic_block()
    builder.cbranch(builder.icmp_unsigned("<", following, count), body, after)
    builder.position_at_end(after)


def _set_counters(builder: Any, state: Any, first: Any) -> None:
    """Fill the planes, already in the order of the initial permutation, with `first` + 0 … 255."""
    for plane, position in enumerate(INITIAL_PERMUTATION):
        bit = 64 - position
        if GROUP >> bit > 1:
            low = [sum(((64 * word + lane) >> bit & 1) << lane for lane in range(64)) for word in range(_WORDS)]
            value = ir.Constant(_VECTOR, low)
        else:
            set_or_not = builder.and_(builder.lshr(first, _word(bit)), _word(1))
            value = _spread(builder, builder.neg(set_or_not), _VECTOR)
        builder.store(value, _at(builder, state, plane))


def _emit_round(builder: Any, state: Any, masks: Any, index: Any) -> None:
    """Write out one round: load, XOR with the round key, the eight circuits, XOR into the left half."""
    # `key_schedule.exchanges_halves`: before round i the halves have changed places i - i // 16 times.
    exchanges = builder.sub(index, builder.lshr(index, _word(4)))
    place = builder.mul(builder.and_(exchanges, _word(1)), _word(HALF))
    left = builder.gep(state, [place])
    right = builder.gep(state, [builder.sub(_word(HALF), place)])
    key = builder.gep(masks, [builder.mul(index, _word(ROUND_INPUTS))])
    for box, circuit in enumerate(sbox_circuits()):
        inputs = []
        for position in range(box * INPUTS, (box + 1) * INPUTS):
            mask = _spread(builder, builder.load(_at(builder, key, position)), _VECTOR_OF_BYTES)
            plane = builder.load(_at(builder, right, EXPANDED[position]))
            inputs.append(builder.xor(plane, builder.bitcast(mask, _VECTOR)))
        for output, signal in enumerate(_emit_circuit(builder, circuit, inputs)):
            target = _at(builder, left, PERMUTED[box * OUTPUTS + output])
            builder.store(builder.xor(builder.load(target), signal), target)


def _emit_circuit(builder: Any, circuit: Circuit, inputs: list[Any]) -> list[Any]:
    """Write out the gates; give the four outputs."""
    signals = list(inputs)
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
                signals.append(builder.and_(left, builder.xor(right, _every_word(-1))))
    return [signals[output] for output in circuit.outputs]


def _permute_finally(builder: Any, state: Any, rows: Any) -> None:
    """Bring the planes into the order of the rows, and undo the complements that the circuits left."""
    complemented = CircuitFolding.of(sbox_circuits()).output
    for row, bit in enumerate(_ROW_BITS):
        plane = INITIAL_PERMUTATION.index(bit + 1)
        # The halves have changed places 45 times by now: the last left half lies in the second half of the state.
        value = builder.load(_at(builder, state, (plane + HALF) % _ROWS))
        if complemented[plane]:
            value = builder.xor(value, _every_word(-1))
        builder.store(value, _at(builder, rows, row))


def _transpose(builder: Any, rows: Any) -> None:
    """Transpose the 64 by 64 bits of each word column; the low bit comes first (`transpose` says how)."""
    for step in (32, 16, 8, 4, 2, 1):
        shift = _every_word(step)
        mask = _every_word(sum(1 << bit for bit in range(64) if not bit & step))
        with _loop(builder, _word(_ROWS // 2)) as pair:
            row = builder.add(pair, builder.and_(pair, _word(-step)))
            upper, lower = builder.gep(rows, [row]), builder.gep(rows, [builder.add(row, _word(step))])
            low, high = builder.load(upper), builder.load(lower)
            change = builder.and_(builder.xor(builder.lshr(low, shift), high), mask)
            builder.store(builder.xor(high, change), lower)
            builder.store(builder.xor(low, builder.shl(change, shift)), upper)


def _write_blocks(builder: Any, rows: Any, output: Any) -> None:
    """Write block 64·word + row, which now is word `word` of a row."""
    with _loop(builder, _word(_ROWS)) as row:
        blocks = builder.load(builder.gep(rows, [row]))
        for word in range(_WORDS):
            block = builder.extract_element(blocks, ir.Constant(_LANE, word))
            builder.store(block, builder.gep(output, [builder.add(row, _word(_ROWS * word))]), align=8)
