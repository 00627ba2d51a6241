"""Every Triple DES file of NIST's CAVS, all modes, by each engine."""

import importlib.util
from collections import defaultdict
from collections.abc import Callable
from itertools import chain

import pytest

from plugins.des3 import TripleDes

HAS_COMPILER = importlib.util.find_spec("llvmlite") is not None

Steps = dict[str, list[tuple[bytes, int, int, int]]]
"""By the name of the file: key, input block, the first bits of the output block, how many they are."""

MODES = ("ECB", "CBC", "CBCI", "OFB", "OFBI", *(f"CFB{pipe}{width}" for pipe in ("", "P") for width in (1, 8, 64)))
KINDS = ("MMT1", "MMT2", "MMT3", "invperm", "permop", "subtab", "varkey", "vartext")


def encrypt(cipher: TripleDes, key: bytes, block: int) -> int:
    """With the block as IV, the first keystream block is its encryption."""
    return int.from_bytes(cipher.encryptor(key, block.to_bytes(8, "big")).encrypt(bytes(8)), "big")


def test_no_file_and_no_vector_is_missed(cavs_answers: dict[str, list[object]], cavs_steps: Steps) -> None:
    assert set(cavs_answers) == {f"T{mode}{kind}" for mode in MODES for kind in KINDS}
    assert len(cavs_answers) == 88
    assert sum(map(len, cavs_answers.values())) == 5830
    assert sum(map(len, cavs_steps.values())) == 14820
    assert len({step[:2] for step in chain.from_iterable(cavs_steps.values())}) == 5755
    keys = {key for key, *_ in chain.from_iterable(cavs_steps.values())}
    assert sum(len({key[:8], key[8:16], key[16:]}) == 3 for key in keys) == 220


def test_all_files_by_the_planes_of_the_default_engine(
    cavs_steps: Steps, encrypt_with_planes: Callable[[bytes, list[int]], list[int]]
) -> None:
    wanted: dict[bytes, set[tuple[int, int, int]]] = defaultdict(set)
    for key, *step in chain.from_iterable(cavs_steps.values()):
        wanted[key].add((step[0], step[1], step[2]))
    for key, steps in wanted.items():
        outputs = encrypt_with_planes(key, [block for block, _, _ in steps])
        for output, (_, shown, width) in zip(outputs, steps, strict=True):
            assert output >> 64 - width == shown


@pytest.mark.skipif(not HAS_COMPILER, reason="the fast engine needs llvmlite")
def test_all_files_by_the_public_interface_of_the_fast_engine(cavs_steps: Steps) -> None:
    cipher = TripleDes("numba")
    for key, block, shown, width in set(chain.from_iterable(cavs_steps.values())):
        assert encrypt(cipher, key, block) >> 64 - width == shown


@pytest.mark.parametrize("kind", KINDS)
def test_ecb_by_the_public_interface_of_the_default_engine(cavs_steps: Steps, kind: str) -> None:
    cipher = TripleDes("bitarray")
    for key, block, shown, _ in set(cavs_steps[f"TECB{kind}"]):
        assert encrypt(cipher, key, block) == shown
