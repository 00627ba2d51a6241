"""The NIST CAVS 11.1 files for Triple DES, as `cryptography_vectors` ships them, taken apart into block encryptions.

Every mode's answer tells what the block function gave for which input: with plaintext, ciphertext and IV all known,
no chaining has to be replayed. That makes one check of each block: E(key, block) agrees in the bits that the mode
shows (all 64, or the first or first eight where the feedback is narrower).
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import cryptography_vectors
import pytest
from bitarray import bitarray

from plugins.des3.bitarray_engine import BitarrayKeystream, circuit_folding
from plugins.des3.key_schedule import KeySchedule
from plugins.des3.transpose import transpose

FOLDER = Path(cryptography_vectors.__file__).parent / "ciphers" / "3DES"


class Step(NamedTuple):
    """E(key, block) begins with the `width` bits of `shown`."""

    key: bytes
    block: int
    shown: int
    width: int


Answer = dict[str, str]
"""One vector: the fields between two empty lines."""


def _key(answer: Answer) -> bytes:
    keys = [answer["KEYs"]] * 3 if "KEYs" in answer else [answer[f"KEY{number}"] for number in (1, 2, 3)]
    return bytes.fromhex("".join(keys))


def _bits(digits: str, binary: bool) -> str:
    return digits if binary else f"{int(digits, 16):0{4 * len(digits)}b}"


def _segments(bits: str, width: int) -> list[int]:
    return [int(bits[start : start + width], 2) for start in range(0, len(bits), width)]


def _chains(answer: Answer, width: int) -> Iterator[tuple[int, list[int], list[int]]]:
    """Give IV, plaintext and ciphertext segments of each chain: one, or three that interleave.

    A message (MMT) is dealt out to the three chains in turn; a known-answer test gives each chain its own text, or
    one for all three, which some files call PLAINTEXT1 or CIPHERTEXT1.
    """

    def segments(field: str) -> list[int]:
        text = answer.get(f"{field}{chain}") or answer.get(field) or answer[f"{field}1"]
        return _segments(_bits(text, binary=width == 1), width)

    chain = 1
    if "IV1" not in answer:
        yield int(answer.get("IV", "0"), 16), segments("PLAINTEXT"), segments("CIPHERTEXT")
        return
    dealt = {"PLAINTEXT1", "CIPHERTEXT1"}.isdisjoint(answer)
    for chain in (1, 2, 3):
        own = slice(chain - 1, None, 3) if dealt else slice(None)
        yield int(answer[f"IV{chain}"], 16), segments("PLAINTEXT")[own], segments("CIPHERTEXT")[own]


def _ecb(answer: Answer) -> Iterator[Step]:
    for _, plain, cipher in _chains(answer, 64):
        for before, after in zip(plain, cipher, strict=True):
            yield Step(_key(answer), before, after, 64)


def _cbc(answer: Answer) -> Iterator[Step]:
    for iv, plain, cipher in _chains(answer, 64):
        for previous, before, after in zip([iv, *cipher[:-1]], plain, cipher, strict=True):
            yield Step(_key(answer), before ^ previous, after, 64)


def _ofb(answer: Answer) -> Iterator[Step]:
    for iv, plain, cipher in _chains(answer, 64):
        stream = [before ^ after for before, after in zip(plain, cipher, strict=True)]
        for previous, following in zip([iv, *stream[:-1]], stream, strict=True):
            yield Step(_key(answer), previous, following, 64)


def _cfb(width: int) -> Callable[[Answer], Iterator[Step]]:
    def steps(answer: Answer) -> Iterator[Step]:
        for iv, plain, cipher in _chains(answer, width):
            register = iv
            for before, after in zip(plain, cipher, strict=True):
                yield Step(_key(answer), register, before ^ after, width)
                register = (register << width | after) % (1 << 64)

    return steps


def _pipelined_cfb(width: int) -> Callable[[Answer], Iterator[Step]]:
    """CFB-P: three IVs begin three segments; from then on the ciphertext feeds back with a delay of three."""

    def steps(answer: Answer) -> Iterator[Step]:
        chains = list(_chains(answer, width))
        if "PLAINTEXT1" in answer or "CIPHERTEXT1" in answer:
            yield from _cfb(width)(answer)
            return
        registers = [iv for iv, _, _ in chains]
        segments = max(len(plain) for _, plain, _ in chains)
        for position in range(segments):
            for chain, (_, plain, cipher) in enumerate(chains):
                if position < len(plain):
                    if position:
                        register = registers[-1] << width | cipher[position - 1]
                        registers.append(register % (1 << 64))
                    block = registers[3 * position + chain]
                    yield Step(_key(answer), block, plain[position] ^ cipher[position], width)

    return steps


MODES: dict[str, Callable[[Answer], Iterator[Step]]] = {
    "ECB": _ecb,
    "CBC": _cbc,
    "CBCI": _cbc,
    "OFB": _ofb,
    "OFBI": _ofb,
    **{f"CFB{width}": _cfb(width) for width in (1, 8, 64)},
    **{f"CFBP{width}": _pipelined_cfb(width) for width in (1, 8, 64)},
}
"""By the beginning of the file name after the T. CBCI, OFBI and CFBP run three chains that interleave."""


def _mode(name: str) -> Callable[[Answer], Iterator[Step]]:
    """Give the mode with the longest name that a file's name begins with after its T."""
    return MODES[max((mode for mode in MODES if name[1:].startswith(mode)), key=len)]


def _parse(path: Path) -> list[Answer]:
    answers: list[Answer] = []
    for line in path.read_text(encoding="ascii").splitlines():
        name, equals, value = line.partition(" = ")
        if name == "COUNT":
            answers.append({})
        elif equals and not name.startswith("#"):
            answers[-1][name.strip()] = value.strip()
    return answers


@pytest.fixture(scope="session")
def cavs_answers() -> dict[str, list[Answer]]:
    """Every vector of every file there is, by the name of the file."""
    return {path.stem: _parse(path) for path in sorted(FOLDER.rglob("*.rsp"))}


@pytest.fixture(scope="session")
def cavs_steps(cavs_answers: dict[str, list[Answer]]) -> dict[str, list[Step]]:
    """Every block encryption that the vectors fix, by the name of the file."""
    return {
        name: [step for answer in answers for step in _mode(name)(answer)] for name, answers in cavs_answers.items()
    }


@pytest.fixture(scope="session")
def encrypt_with_planes() -> Callable[[bytes, list[int]], list[int]]:
    """Encrypt any blocks under one key by the planes of the default engine."""

    def encrypt(key: bytes, blocks: list[int]) -> list[int]:
        rows = [*blocks, *[0] * (-len(blocks) % 64)]
        words = len(rows) // 64
        planes = [bitarray(endian="big") for _ in range(64)]
        for start, plane in zip(range(0, len(rows), words), planes, strict=True):
            plane.frombytes(b"".join(row.to_bytes(8, "big") for row in rows[start : start + words]))
        transpose(planes)  # it is its own inverse, so it also makes planes of blocks
        planes = BitarrayKeystream(KeySchedule.of(key, circuit_folding())).encrypt_planes(planes)
        transpose(planes)
        output = b"".join(plane.tobytes() for plane in planes)
        return [int.from_bytes(output[start : start + 8], "big") for start in range(0, 8 * len(blocks), 8)]

    return encrypt
