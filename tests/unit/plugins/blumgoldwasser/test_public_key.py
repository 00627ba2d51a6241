"""Which public keys are refused, and with what reason."""

from collections.abc import Callable
from typing import Any

import gmpy2
import pytest
from gmpy2 import mpz

from framework import InvalidKeyError, KeyPair, MisuseError
from plugins.blumgoldwasser.kem import BlumGoldwasserKem


def first(condition: Callable[[mpz], bool], start: mpz) -> mpz:
    """The first number ≡ 1 (mod 4) from `start` on that meets the condition."""
    number = start + (1 - start) % 4
    while not condition(number):
        number += 4
    return number


def has_no_small_factor(number: mpz) -> bool:
    return bool(gmpy2.gcd(number, gmpy2.primorial(1999)) == 1)


def refusal(kem: BlumGoldwasserKem, number: mpz, *, pinned: bool = False) -> str:
    """The reason that the check gives, which is the reason that `encapsulate` gives too."""
    key = int(number).to_bytes(kem.public_key_size, "big")
    with pytest.raises(InvalidKeyError) as caught:
        kem.check_public_key(key, pinned=pinned)
    if not pinned:
        with pytest.raises(InvalidKeyError) as again:
            kem.encapsulate(key)
        assert str(again.value) == str(caught.value)
    return str(caught.value)


def bits(kem: BlumGoldwasserKem) -> int:
    return 8 * kem.public_key_size


@pytest.mark.parametrize("pinned", [False, True])
def test_a_genuine_key_is_taken(kem: BlumGoldwasserKem, pair: KeyPair, pinned: bool) -> None:
    kem.check_public_key(pair.public_key, pinned=pinned)


def test_another_length(kem: BlumGoldwasserKem, pair: KeyPair) -> None:
    key = pair.public_key
    for wrong in (b"", key[:-1], key[1:], key + b"\0", b"\0" + key, key + key, key[:128], bytes(384) + key):
        with pytest.raises(InvalidKeyError, match=f"has {len(key)} bytes, not {len(wrong)}$"):
            kem.check_public_key(wrong)
        with pytest.raises(InvalidKeyError, match="bytes"):
            kem.encapsulate(wrong)


@pytest.mark.parametrize("wrong", [None, 384, "n" * 384, [1]], ids=["None", "int", "str", "list"])
def test_another_type_is_the_callers_mistake(kem: BlumGoldwasserKem, wrong: bytes) -> None:
    with pytest.raises(MisuseError):
        kem.check_public_key(wrong)
    with pytest.raises(MisuseError):
        kem.encapsulate(wrong)


def test_another_bit_length(kem: BlumGoldwasserKem) -> None:
    short = first(has_no_small_factor, mpz(3) << bits(kem) - 3)
    assert refusal(kem, short) == f"the modulus has {bits(kem) - 1} bits, not {bits(kem)}"
    assert "has 5 bits" in refusal(kem, mpz(21))
    assert "has 0 bits" in refusal(kem, mpz(0))


@pytest.mark.parametrize("added", [1, 2, 3])
def test_another_residue_modulo_four(kem: BlumGoldwasserKem, pair: KeyPair, added: int) -> None:
    assert refusal(kem, mpz.from_bytes(pair.public_key, "big") + added) == "the modulus is not 1 modulo 4"


def test_a_square(kem: BlumGoldwasserKem) -> None:
    prime = gmpy2.next_prime(mpz(3) << bits(kem) // 2 - 2)
    assert refusal(kem, prime * prime) == "the modulus is a square"


@pytest.mark.parametrize("factor", [3, 5, 7, 1997, 1999])
def test_a_small_factor(kem: BlumGoldwasserKem, factor: int) -> None:
    cofactor = (mpz(3) << bits(kem) - 2) // factor | 1
    while not has_no_small_factor(cofactor) or cofactor * factor % 4 != 1:
        cofactor += 2
    number = cofactor * factor
    assert refusal(kem, number) == "the modulus has a prime factor below 2000"


def test_a_factor_of_2003_is_not_looked_for(kem: BlumGoldwasserKem) -> None:
    """The bound of PROTOCOL §11.1, exactly: another implementation takes this key too."""
    number = first(lambda n: bool(n % 2003 == 0) and has_no_small_factor(n), mpz(3) << bits(kem) - 2)
    kem.check_public_key(int(number).to_bytes(kem.public_key_size, "big"), pinned=True)


def test_a_prime_is_refused_when_pinned(tiny: BlumGoldwasserKem) -> None:
    prime = first(lambda n: bool(gmpy2.is_prime(n)), mpz(3) << 254)
    tiny.check_public_key(int(prime).to_bytes(32, "big"))
    assert refusal(tiny, prime, pinned=True) == "the modulus is prime"


def test_a_key_of_the_other_parameter_set(kem: BlumGoldwasserKem) -> None:
    with pytest.raises(InvalidKeyError):
        kem.check_public_key(b"\xff" * (640 - kem.public_key_size))


def test_a_key_in_any_buffer_is_the_same_key(kem: BlumGoldwasserKem, pair: KeyPair) -> None:
    key = pair.public_key
    buffers: list[Any] = [bytearray(key), memoryview(key), memoryview(key).cast("I"), memoryview(key[::-1])[::-1]]
    for buffer in buffers:
        kem.check_public_key(buffer)
        sent = kem.encapsulate(buffer, random_bytes=bytes)
        assert sent.ciphertext == kem.encapsulate(key, random_bytes=bytes).ciphertext
