"""Counter planes and the transposition, each against the plain way."""

import secrets

import pytest
from bitarray import bitarray

from plugins.des3.counter import counter_planes
from plugins.des3.transpose import transpose

FIRSTS = [0, 1, 63, 64, 12345, 2**32 - 100, 2**32 - 1, 2**63 - 5, 2**64 - 1, 2**64 - 64, 2**64 - 2000]


def blocks_of(planes: list[bitarray]) -> list[int]:
    """Block b·W + w has its bit q at word w, bit b of plane q."""
    words = len(planes[0]) // 64
    return [
        int("".join(str(plane[64 * word + bit]) for plane in planes), 2) for bit in range(64) for word in range(words)
    ]


@pytest.mark.parametrize("first", FIRSTS)
@pytest.mark.parametrize("count", [64, 128, 1024])
def test_counter_planes(first: int, count: int) -> None:
    assert blocks_of(counter_planes(first, count)) == [(first + index) % 2**64 for index in range(count)]


def test_counter_planes_are_the_callers_own() -> None:
    planes = counter_planes(7, 64)
    for plane in planes:
        plane.setall(1)
    assert blocks_of(counter_planes(7, 64)) == list(range(7, 71))


@pytest.mark.parametrize("words", [1, 2, 8])
def test_transpose(words: int) -> None:
    planes = [bitarray(buffer=bytearray(secrets.token_bytes(8 * words)), endian="big") for _ in range(64)]
    wanted = b"".join(block.to_bytes(8, "big") for block in blocks_of(planes))
    transpose(planes)
    assert b"".join(plane.tobytes() for plane in planes) == wanted
