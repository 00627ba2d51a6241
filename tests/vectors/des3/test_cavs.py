"""Every Triple DES file of NIST's CAVS, all modes, against both faces of the plugin."""

from collections import defaultdict
from itertools import chain

import pytest
from bitarray import bitarray

from plugins.des3 import TripleDes
from plugins.des3.bitarray_engine import BitarrayKeystream, circuit_folding
from plugins.des3.key_schedule import KeySchedule
from plugins.des3.transpose import transpose

Steps = dict[str, list[tuple[bytes, int, int, int]]]
"""By the name of the file: key, input block, the first bits of the output block, how many they are."""

MODES = ("ECB", "CBC", "CBCI", "OFB", "OFBI", *(f"CFB{pipe}{width}" for pipe in ("", "P") for width in (1, 8, 64)))
KINDS = ("MMT1", "MMT2", "MMT3", "invperm", "permop", "subtab", "varkey", "vartext")


def encrypt_with_planes(key: bytes, blocks: list[int]) -> list[int]:
    """Encrypt any blocks under one key: transposing is its own inverse, so it also makes planes of blocks."""
    rows = [*blocks, *[0] * (-len(blocks) % 64)]
    words = len(rows) // 64
    planes = [bitarray(endian="big") for _ in range(64)]
    for position, plane in enumerate(planes):
        plane.frombytes(b"".join(row.to_bytes(8, "big") for row in rows[position * words : (position + 1) * words]))
    transpose(planes)
    planes = BitarrayKeystream(KeySchedule.of(key, circuit_folding())).encrypt_planes(planes)
    transpose(planes)
    output = b"".join(plane.tobytes() for plane in planes)
    return [int.from_bytes(output[start : start + 8], "big") for start in range(0, 8 * len(blocks), 8)]


def test_no_file_and_no_vector_is_missed(cavs_answers: dict[str, list[object]], cavs_steps: Steps) -> None:
    assert set(cavs_answers) == {f"T{mode}{kind}" for mode in MODES for kind in KINDS}
    assert sum(map(len, cavs_answers.values())) == 5830
    assert sum(map(len, cavs_steps.values())) == 14820
    keys = {key for key, *_ in chain.from_iterable(cavs_steps.values())}
    assert sum(len({key[:8], key[8:16], key[16:]}) == 3 for key in keys) == 220


def test_all_files_with_the_planes_of_the_engine(cavs_steps: Steps) -> None:
    wanted: dict[bytes, set[tuple[int, int, int]]] = defaultdict(set)
    for key, block, shown, width in chain.from_iterable(cavs_steps.values()):
        wanted[key].add((block, shown, width))
    for key, steps in wanted.items():
        outputs = encrypt_with_planes(key, [block for block, _, _ in steps])
        assert [output >> 64 - width for output, (_, _, width) in zip(outputs, steps, strict=True)] == [
            shown for _, shown, _ in steps
        ]


@pytest.mark.parametrize("kind", KINDS)
def test_ecb_through_the_public_interface(cavs_steps: Steps, kind: str) -> None:
    """With the block as IV, the first keystream block is its encryption."""
    cipher = TripleDes()
    for key, block, shown, _ in dict.fromkeys(cavs_steps[f"TECB{kind}"]):
        assert cipher.encryptor(key, block.to_bytes(8, "big")).encrypt(bytes(8)) == shown.to_bytes(8, "big")
