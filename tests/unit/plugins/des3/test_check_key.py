"""Which key bundles are refused."""

from itertools import product
from pathlib import Path
from types import ModuleType

import pytest

from framework.errors import InvalidKeyError, MisuseError
from plugins.des3 import TripleDes
from plugins.des3.key_check import is_weak

LISTED = (Path(__file__).parent / "weak_keys.txt").read_text().splitlines()[1:]
WEAK_KEYS = [bytes.fromhex(key) for line in LISTED for key in line.split()]
K1, K2, K3 = (bytes.fromhex(key) for key in ("0123456789abcdef", "23456789abcdef01", "456789abcdef0123"))
BIT_OF_KEY = [bit for bit in range(64) if bit % 8 != 7]


@pytest.fixture(scope="module")
def cipher() -> TripleDes:
    return TripleDes(engine="bitarray")


def flip(key: bytes, bit: int) -> bytes:
    return (int.from_bytes(key, "big") ^ 1 << (len(key) * 8 - 1 - bit)).to_bytes(len(key), "big")


def test_the_list_is_whole() -> None:
    assert len(set(WEAK_KEYS)) == 4 + 12 + 48
    assert all(byte.bit_count() % 2 for key in WEAK_KEYS for byte in key)


def test_three_distinct_keys_are_taken(cipher: TripleDes) -> None:
    cipher.check_key(K1 + K2 + K3)


@pytest.mark.parametrize("position", range(3))
@pytest.mark.parametrize("weak", WEAK_KEYS, ids=bytes.hex)
def test_a_weak_key_in_any_position_is_refused(cipher: TripleDes, weak: bytes, position: int) -> None:
    keys = [K1, K2, K3]
    keys[position] = weak
    with pytest.raises(InvalidKeyError, match=f"key {position + 1} of the bundle is a weak"):
        cipher.check_key(b"".join(keys))
    keys[position] = bytes(byte ^ 1 for byte in weak)
    with pytest.raises(InvalidKeyError, match="weak"):
        cipher.check_key(b"".join(keys))


def test_no_neighbour_of_a_weak_key_is_taken_for_weak() -> None:
    """Every key one bit, other than parity, away from a listed one is sound unless it is listed itself."""
    listed = {bytes(byte & 0xFE for byte in key) for key in WEAK_KEYS}
    neighbours = {flip(key, bit) for key in listed for bit in BIT_OF_KEY}
    assert {key for key in neighbours if is_weak(int.from_bytes(key, "big"))} == neighbours & listed


def test_of_the_keys_that_repeat_four_bits_only_the_listed_ones_are_weak(textbook: ModuleType) -> None:
    """C and D repeating any four bits each: 256 keys, of which the standard lists the 64 of even weight."""
    positions = [64 - int(position) for position in textbook.PC1.split()]
    repeating = {
        sum(1 << position for place, position in enumerate(positions) if nibbles[place // 28] >> place % 4 & 1)
        for nibbles in product(range(16), repeat=2)
    }
    assert len(repeating) == 256
    listed = {int.from_bytes(bytes(byte & 0xFE for byte in key), "big") for key in WEAK_KEYS}
    assert {key for key in repeating if is_weak(key)} == listed


@pytest.mark.parametrize("keys", [(K1, K1, K3), (K1, K2, K1), (K1, K3, K3), (K1, K1, K1)])
@pytest.mark.parametrize("parity", [0, 1])
def test_keys_that_are_not_distinct_are_refused(cipher: TripleDes, keys: tuple[bytes, ...], parity: int) -> None:
    bundle = b"".join(keys[:2]) + bytes(byte ^ parity for byte in keys[2])
    with pytest.raises(InvalidKeyError, match="not distinct"):
        cipher.check_key(bundle)


@pytest.mark.parametrize("bit", range(7, 192, 8))
def test_parity_is_ignored(cipher: TripleDes, bit: int) -> None:
    key, iv = K1 + K2 + K3, bytes(8)
    cipher.check_key(flip(key, bit))
    assert cipher.encryptor(flip(key, bit), iv).encrypt(bytes(8)) == cipher.encryptor(key, iv).encrypt(bytes(8))


@pytest.mark.parametrize("size", [size for size in range(65) if size != 24])
def test_other_lengths_are_refused(cipher: TripleDes, size: int) -> None:
    key = bytes(range(1, size + 1))
    with pytest.raises(InvalidKeyError, match=f"the key has {size} bytes; Triple DES takes 24"):
        cipher.check_key(key)
    for start in (cipher.encryptor, cipher.decryptor):
        with pytest.raises(InvalidKeyError, match=f"the key has {size} bytes; Triple DES takes 24"):
            start(key, bytes(8))


@pytest.mark.parametrize("size", [size for size in range(33) if size != 8])
def test_other_lengths_of_the_iv_are_refused(cipher: TripleDes, size: int) -> None:
    for start in (cipher.encryptor, cipher.decryptor):
        with pytest.raises(InvalidKeyError, match=f"the IV has {size} bytes; Triple DES takes 8"):
            start(K1 + K2 + K3, bytes(size))


@pytest.mark.parametrize("key", [None, "0" * 24, 24, [0] * 24, object()])
def test_what_is_not_bytes_is_misuse(cipher: TripleDes, key: object) -> None:
    with pytest.raises(MisuseError, match="the key must be bytes, not"):
        cipher.check_key(key)  # type: ignore[arg-type]
