"""The vectors would notice: every kind of fault that a circuit or a table can have makes an answer wrong.

Round trips would not: in counter mode a broken block function still decrypts what it encrypted.
"""

from collections.abc import Callable, Iterator, Sequence

import pytest
from bitarray import bitarray

from plugins.des3 import bitarray_engine, key_schedule, straight_line
from plugins.des3.circuits import Circuit, Gate, Operation, sbox_circuits
from plugins.des3.key_schedule import HALF, PERMUTED

Steps = dict[str, list[tuple[bytes, int, int, int]]]
Notices = Callable[[], bool]

ONE_BIT_FAULTS = [
    (box, output, (11 * box + 29 * output + 17 * turn) % 64)
    for box in range(8)
    for output in range(4)
    for turn in range(2)
]


@pytest.fixture
def notices(cavs_steps: Steps, encrypt_with_planes: Callable[[bytes, list[int]], list[int]]) -> Notices:
    """Whether any of the first five messages under three distinct keys comes out wrong."""
    answers: dict[bytes, list[tuple[int, int]]] = {}
    for key, block, shown, _ in cavs_steps["TECBMMT3"]:
        answers.setdefault(key, []).append((block, shown))

    def run() -> bool:
        return any(
            encrypt_with_planes(key, [block for block, _ in pairs]) != [shown for _, shown in pairs]
            for key, pairs in list(answers.items())[5:10]
        )

    return run


def test_without_a_fault_nothing_is_noticed(notices: Notices) -> None:
    assert not notices()


@pytest.mark.parametrize(("box", "output", "x"), ONE_BIT_FAULTS)
def test_one_wrong_bit_in_an_s_box(
    monkeypatch: pytest.MonkeyPatch, notices: Notices, box: int, output: int, x: int
) -> None:
    """S-box `box` gives the wrong bit `output` for the one input x of 64."""
    sound = straight_line.feistel_round()
    read_inverted = sbox_circuits()[box].inverted_inputs

    def faulty(left: Sequence[bitarray], inputs: Sequence[bitarray]) -> None:
        hit = left[0] | ~left[0]
        for bit, plane in enumerate(inputs[6 * box : 6 * box + 6]):
            hit &= plane if (x >> (5 - bit) & 1) ^ read_inverted[bit] else ~plane
        sound(left, inputs)
        target = left[PERMUTED[4 * box + output]]
        target ^= hit

    monkeypatch.setattr(bitarray_engine, "feistel_round", lambda: faulty)
    assert notices()


def truth_tables(circuit: Circuit) -> list[int]:
    """The outputs for all 64 inputs, as the circuit reads and gives them."""
    tables = [sum((x >> (5 - bit) & 1) << x for x in range(64)) for bit in range(6)]
    for gate in circuit.gates:
        a, b = tables[gate.left], tables[gate.right]
        tables.append({"&": a & b, "|": a | b, "^": a ^ b, "&~": a & ~b}[gate.operation])
    return [tables[output] for output in circuit.outputs]


def faults_at(circuit: Circuit, position: int) -> Iterator[Circuit]:
    """Every circuit with another operation or another first operand there that is not, after all, the same function."""
    gate = circuit.gates[position]
    operations: tuple[Operation, ...] = ("&", "|", "^", "&~")
    wrong = [Gate(operation, gate.left, gate.right) for operation in operations]
    wrong += [Gate(gate.operation, other, gate.right) for other in range(6)]
    for other in wrong:
        gates = (*circuit.gates[:position], other, *circuit.gates[position + 1 :])
        faulty = Circuit(circuit.inverted_inputs, gates, circuit.outputs, circuit.inverted_outputs)
        if truth_tables(faulty) != truth_tables(circuit):
            yield faulty


@pytest.mark.parametrize("box", range(8))
@pytest.mark.parametrize("position", [0, 13, 30])
def test_a_wrong_gate(monkeypatch: pytest.MonkeyPatch, notices: Notices, box: int, position: int) -> None:
    for faulty in faults_at(sbox_circuits()[box], position):
        circuits = [*sbox_circuits()[:box], faulty, *sbox_circuits()[box + 1 :]]
        namespace: dict[str, straight_line.Round] = {}
        exec(straight_line.round_source(circuits), namespace)  # noqa: S102
        monkeypatch.setattr(bitarray_engine, "feistel_round", lambda found=namespace["feistel_round"]: found)
        assert notices()


def exchange(table: Sequence[int], first: int, second: int) -> tuple[int, ...]:
    changed = list(table)
    changed[first], changed[second] = changed[second], changed[first]
    return tuple(changed)


@pytest.mark.parametrize("first", [0, 7, 21, 30])
def test_an_exchange_in_the_permutation(monkeypatch: pytest.MonkeyPatch, notices: Notices, first: int) -> None:
    sound = straight_line.feistel_round()

    def faulty(left: Sequence[bitarray], inputs: Sequence[bitarray]) -> None:
        places = exchange(range(HALF), PERMUTED[first], PERMUTED[first + 1])
        sound([left[place] for place in places], inputs)

    monkeypatch.setattr(bitarray_engine, "feistel_round", lambda: faulty)
    assert notices()


@pytest.mark.parametrize("first", [0, 11, 33, 46])
def test_an_exchange_in_the_expansion(monkeypatch: pytest.MonkeyPatch, notices: Notices, first: int) -> None:
    expanded = exchange(key_schedule.EXPANDED, first, (first + 3) % 48)
    monkeypatch.setattr(bitarray_engine, "_EXPANDED", int.from_bytes(bytes(expanded), "big"))
    assert notices()


@pytest.mark.parametrize("first", [0, 20, 30, 46])
@pytest.mark.parametrize("round_index", [0, 8, 15])
def test_an_exchange_in_a_round_key(
    monkeypatch: pytest.MonkeyPatch, notices: Notices, first: int, round_index: int
) -> None:
    select = list(key_schedule._SELECT)
    sound = select[round_index]
    places = exchange(range(48), first, first + 1)
    select[round_index] = lambda bits: [sound(bits)[place] for place in places]  # type: ignore[call-overload]
    monkeypatch.setattr(key_schedule, "_SELECT", tuple(select))
    assert notices()


@pytest.mark.parametrize("name", ["INITIAL_PERMUTATION", "FINAL_PERMUTATION"])
@pytest.mark.parametrize("first", [0, 31, 62])
def test_an_exchange_in_an_outer_permutation(
    monkeypatch: pytest.MonkeyPatch, notices: Notices, name: str, first: int
) -> None:
    monkeypatch.setattr(bitarray_engine, name, exchange(getattr(bitarray_engine, name), first, first + 1))
    assert notices()


def test_keys_in_the_wrong_order(monkeypatch: pytest.MonkeyPatch, notices: Notices) -> None:
    sound = key_schedule.round_keys
    monkeypatch.setattr(key_schedule, "round_keys", lambda key: sound(key[16:] + key[8:16] + key[:8]))
    assert notices()


def test_encrypting_three_times(monkeypatch: pytest.MonkeyPatch, notices: Notices) -> None:
    sound = key_schedule.round_keys

    def faulty(key: bytes) -> list[bytes]:
        keys = sound(key)
        return [*keys[:16], *keys[31:15:-1], *keys[32:]]

    monkeypatch.setattr(key_schedule, "round_keys", faulty)
    assert notices()
