"""Decapsulation: it never fails on content, and what is not genuine gives a secret of its own."""

import hmac
from collections.abc import Callable
from hashlib import sha3_256
from typing import Any

import gmpy2
import pytest
from gmpy2 import mpz

from framework import Encapsulation, InvalidKeyError, KeyPair, MisuseError
from plugins.blumgoldwasser import blinded_root
from plugins.blumgoldwasser import kem as kem_module
from plugins.blumgoldwasser.kem import BlumGoldwasserKem


@pytest.fixture(scope="module")
def sent(kem: BlumGoldwasserKem, pair: KeyPair) -> Encapsulation:
    return kem.encapsulate(pair.public_key)


def rejected(private_key: bytes, ciphertext: bytes) -> bytes:
    return sha3_256(b"BG-KEM/1 R\0" + private_key[-32:] + ciphertext).digest()


def primes_of(pair: KeyPair) -> tuple[int, int]:
    size = (len(pair.private_key) - 32) // 2
    return int.from_bytes(pair.private_key[:size], "big"), int.from_bytes(pair.private_key[size:-32], "big")


@pytest.mark.parametrize("position", [0, 15, 31, 32, 33, 100, -2, -1])
def test_a_flip_in_either_half(kem: BlumGoldwasserKem, pair: KeyPair, sent: Encapsulation, position: int) -> None:
    forged = bytearray(sent.ciphertext)
    forged[position] ^= 1
    secrets = {kem.decapsulate(pair.private_key, bytes(forged)) for _ in range(3)}
    assert secrets == {rejected(pair.private_key, bytes(forged))}


Z = Callable[[int, int, int], int]


@pytest.mark.parametrize(
    "number",
    [
        lambda *_: 0,
        lambda *_: 1,
        lambda p, q, _: p * q - 1,
        lambda p, q, _: p * q,
        lambda p, q, _: p * q + 1,
        lambda p, *_: p,
        lambda p, q, z: p * z % (p * q),
        lambda _, q, __: q * q,
        lambda p, q, z: p * q - z,
        lambda p, q, z: z * z % (p * q),
    ],
    ids=["0", "1", "n-1", "n", "n+1", "p", "p*z", "q*q", "-z", "z*z"],
)
def test_a_z_that_is_not_genuine(kem: BlumGoldwasserKem, pair: KeyPair, sent: Encapsulation, number: Z) -> None:
    p, q = primes_of(pair)
    z = number(p, q, int.from_bytes(sent.ciphertext[32:], "big"))
    forged = sent.ciphertext[:32] + z.to_bytes(kem.public_key_size, "big")
    assert kem.decapsulate(pair.private_key, forged) == rejected(pair.private_key, forged)


def test_a_non_residue(kem: BlumGoldwasserKem, pair: KeyPair, sent: Encapsulation) -> None:
    p, q = primes_of(pair)
    factor = next(f for f in range(2, 1000) if gmpy2.jacobi(f, p * q) == -1)
    z = factor * int.from_bytes(sent.ciphertext[32:], "big") % (p * q)
    forged = sent.ciphertext[:32] + z.to_bytes(kem.public_key_size, "big")
    assert kem.decapsulate(pair.private_key, forged) == rejected(pair.private_key, forged)


def test_z_with_n_added(tiny: BlumGoldwasserKem) -> None:
    """The same residue, written another way, is another ciphertext."""
    while True:
        pair = tiny.generate_key_pair()
        sent = tiny.encapsulate(pair.public_key)
        z = int.from_bytes(sent.ciphertext[32:], "big") + int.from_bytes(pair.public_key, "big")
        if z.bit_length() <= 256:
            break
    forged = sent.ciphertext[:32] + z.to_bytes(32, "big")
    assert tiny.decapsulate(pair.private_key, sent.ciphertext) == sent.shared_secret
    assert tiny.decapsulate(pair.private_key, forged) == rejected(pair.private_key, forged)


def test_another_key(kem: BlumGoldwasserKem, other_pair: KeyPair, sent: Encapsulation) -> None:
    secret = kem.decapsulate(other_pair.private_key, sent.ciphertext)
    assert secret == rejected(other_pair.private_key, sent.ciphertext)


def test_p_and_q_swapped_are_the_same_key(kem: BlumGoldwasserKem, pair: KeyPair, sent: Encapsulation) -> None:
    key, size = pair.private_key, kem.public_key_size // 2
    swapped = key[size:-32] + key[:size] + key[-32:]
    forged = sent.ciphertext[:-1] + bytes([sent.ciphertext[-1] ^ 1])
    assert kem.decapsulate(swapped, sent.ciphertext) == sent.shared_secret
    assert kem.decapsulate(swapped, forged) == kem.decapsulate(key, forged)


def test_another_length_of_either_argument(kem: BlumGoldwasserKem, pair: KeyPair, sent: Encapsulation) -> None:
    key, ciphertext = pair.private_key, sent.ciphertext
    for cut in (lambda _: b"", lambda x: x[:-1], lambda x: x[1:], lambda x: x + b"\0", lambda x: b"\0" + x):
        with pytest.raises(InvalidKeyError, match="a private key has"):
            kem.decapsulate(cut(key), ciphertext)
        with pytest.raises(InvalidKeyError, match="a ciphertext has"):
            kem.decapsulate(key, cut(ciphertext))


@pytest.mark.parametrize("wrong", [None, 416, "x" * 416], ids=["None", "int", "str"])
def test_another_type_is_the_callers_mistake(
    kem: BlumGoldwasserKem, pair: KeyPair, sent: Encapsulation, wrong: bytes
) -> None:
    with pytest.raises(MisuseError, match="a private key must be bytes"):
        kem.decapsulate(wrong, sent.ciphertext)
    with pytest.raises(MisuseError, match="a ciphertext must be bytes"):
        kem.decapsulate(pair.private_key, wrong)


@pytest.mark.parametrize(
    "numbers",
    [
        lambda p, _: (p, p),
        lambda p, q: (p, q ^ 1),
        lambda p, q: (p ^ 2, q),
        lambda *_: (0, 0),
        lambda _, q: (0, q),
        lambda p, _: (p, 0),
        lambda _, q: (3, q),
        lambda p, _: (p, 1),
        lambda p, q: (p ^ 4, q),
        lambda p, q: (p, q ^ 1 << 64),
        lambda p, q: (p >> 1 | 3, q),
        lambda p, q: (p - p % 12 + 3, q - q % 20 + 15),
    ],
    ids=["p,p", "q even", "p=1 mod 4", "0,0", "0,q", "p,0", "3,q", "p,1", "p^4", "q flip", "short", "composite"],
)
def test_a_private_key_with_unfit_numbers_rejects(
    kem: BlumGoldwasserKem, pair: KeyPair, sent: Encapsulation, numbers: Callable[[int, int], tuple[int, int]]
) -> None:
    size = kem.public_key_size // 2
    key = b"".join(number.to_bytes(size, "big") for number in numbers(*primes_of(pair))) + pair.private_key[-32:]
    for ciphertext in (sent.ciphertext, bytes(len(sent.ciphertext)), b"\xff" * len(sent.ciphertext)):
        assert kem.decapsulate(key, ciphertext) == rejected(key, ciphertext)


def test_arguments_in_any_buffer(kem: BlumGoldwasserKem, pair: KeyPair, sent: Encapsulation) -> None:
    key, ciphertext = pair.private_key, sent.ciphertext
    make: list[Callable[[bytes], Any]] = [bytearray, memoryview, lambda x: memoryview(x).cast("I")]
    make.append(lambda x: memoryview(x[::-1])[::-1])
    for buffer in make:
        assert kem.decapsulate(buffer(key), buffer(ciphertext)) == sent.shared_secret


def test_the_comparison_is_compare_digest_on_all_of_x0_and_z(
    kem: BlumGoldwasserKem, pair: KeyPair, sent: Encapsulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def spy(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return False

    monkeypatch.setattr(hmac, "compare_digest", spy)
    assert kem.decapsulate(pair.private_key, sent.ciphertext) == rejected(pair.private_key, sent.ciphertext)
    [(one, other)] = compared
    assert one == other
    assert one[kem.public_key_size :] == sent.ciphertext[32:]
    assert pow(int.from_bytes(one[: kem.public_key_size], "big"), 1 << 257, int.from_bytes(pair.public_key, "big")) == (
        int.from_bytes(sent.ciphertext[32:], "big")
    )


def test_the_base_is_blinded_anew_in_each_call(
    kem: BlumGoldwasserKem, pair: KeyPair, sent: Encapsulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is raised to the secret exponents is never z, nor twice the same; and the exponents are as §11.3 says."""
    bases: list[mpz] = []
    exponents: set[tuple[mpz, mpz]] = set()

    def spy(base: mpz, exponent: mpz, modulus: mpz) -> mpz:
        bases.append(base)
        exponents.add((exponent, modulus))
        return gmpy2.powmod_sec(base, exponent, modulus)

    monkeypatch.setattr(blinded_root, "powmod_sec", spy)
    for _ in range(4):
        assert kem.decapsulate(pair.private_key, sent.ciphertext) == sent.shared_secret
    z = int.from_bytes(sent.ciphertext[32:], "big")
    assert len(set(bases)) == len(bases) == 8
    assert not {z % prime for prime in primes_of(pair)} & set(bases)
    assert exponents == {(pow((prime + 1) // 4, 257, prime - 1), prime) for prime in primes_of(pair)}


def test_genuine_and_forged_do_the_same_work(
    kem: BlumGoldwasserKem, pair: KeyPair, sent: Encapsulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Roots, generator runs and hashes are called as often, in the same order, whatever the ciphertext."""
    calls: list[str] = []

    def counted(name: str) -> None:
        original = getattr(kem_module, name)

        def wrapper(*args: Any, **keywords: Any) -> Any:
            calls.append(name)
            return original(*args, **keywords)

        monkeypatch.setattr(kem_module, name, wrapper)

    for name in ("blinded_root", "keystream", "sha3_256", "sha3_512", "shake_256"):
        counted(name)
    forged = [sent.ciphertext[:-1] + bytes([sent.ciphertext[-1] ^ 1]), bytes(len(sent.ciphertext))]
    traces = []
    for ciphertext in (sent.ciphertext, *forged, b"\xff" * len(sent.ciphertext)):
        calls.clear()
        kem.decapsulate(pair.private_key, ciphertext)
        traces.append(tuple(calls))
    assert len(set(traces)) == 1
