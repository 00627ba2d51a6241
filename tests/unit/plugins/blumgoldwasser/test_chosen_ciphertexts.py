"""Why the textbook scheme is not enough: chosen ciphertexts factor its modulus, and get nothing from BG-KEM/1."""

from collections.abc import Callable
from hashlib import sha3_256

import gmpy2
from gmpy2 import mpz

from framework import KeyPair
from plugins.blumgoldwasser import textbook
from plugins.blumgoldwasser.kem import BlumGoldwasserKem
from plugins.blumgoldwasser.textbook import TextbookKey, block_bits

Oracle = Callable[[mpz], int]
"""Has a ciphertext of one zero block and the given x decrypted: what comes are the low bits of a root of x."""


def factor(n: mpz, oracle: Oracle) -> mpz:
    """The greatest common divisor of n and what two unlike roots of one square differ by.

    Let e be even and at most h. 2^-e is a square, so the root of z / 2^(2ej) that is a square is x_j = x / 2^(ej),
    x the root of z. The low e bits of each x_j tell k_j with 2^e · x_{j+1} = x_j + k_j · n; in the end
    2^(eJ) · x_J = x + n · Σ k_j · 2^(ej), which gives x, as 0 <= x < n < 2^(eJ). Squaring a number with the
    Jacobi symbol -1 made z, and x has the symbol 1: so x is neither that number nor its negative.
    """
    width = block_bits(n) // 2 * 2
    known = next(number for number in range(2, 1000) if gmpy2.jacobi(number, n) == -1)
    z, divisor = mpz(known) ** 2, gmpy2.invert(mpz(4) ** width, n)
    steps = -(-n.bit_length() // width)
    multiple, inverse = mpz(0), gmpy2.invert(n, 1 << width)
    for step in range(steps):
        low_bits = oracle(z) % (1 << width)
        multiple += (-low_bits * inverse % (1 << width)) << width * step
        z = z * divisor % n
    root = -n * multiple % (1 << width * steps)
    return gmpy2.gcd(root - known, n)


def textbook_key(pair: KeyPair) -> TextbookKey:
    size = (len(pair.private_key) - 32) // 2
    p, q = pair.private_key[:size], pair.private_key[size:-32]
    return TextbookKey.from_primes(mpz.from_bytes(p, "big"), mpz.from_bytes(q, "big"))


def test_the_textbook_scheme_loses_its_key(kem: BlumGoldwasserKem, pair: KeyPair) -> None:
    key = textbook_key(pair)
    queries = 0

    def oracle(z: mpz) -> int:
        nonlocal queries
        queries += 1
        return int(textbook.decrypt(key, mpz(0), 1, z))

    assert factor(key.n, oracle) in (key.p, key.q)
    assert queries == {384: 308, 256: 205}[kem.public_key_size]


def test_the_same_attack_learns_nothing_from_the_kem(tiny: BlumGoldwasserKem, tiny_pair: KeyPair) -> None:
    """Every answer is the hash of a secret and of the question: nothing in it depends on a root."""
    key = textbook_key(tiny_pair)
    answers: list[bytes] = []

    def oracle(z: mpz) -> int:
        ciphertext = bytes(32) + int(z).to_bytes(tiny.public_key_size, "big")
        answers.append(tiny.decapsulate(tiny_pair.private_key, ciphertext))
        assert answers[-1] == sha3_256(b"BG-KEM/1 R\0" + tiny_pair.private_key[-32:] + ciphertext).digest()
        return int.from_bytes(answers[-1], "big")

    assert factor(key.n, oracle) == 1
    assert len(set(answers)) == len(answers)
