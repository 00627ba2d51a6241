"""Textbook Blum-Goldwasser, Handbook of Applied Cryptography §8.7.2: to be read and taught, never to be used.

It is secure against those who only listen. It falls to anyone who can have ciphertexts of their choice decrypted:
308 of them factor a 3072-bit modulus. `kem` is the scheme that stands.
"""

from dataclasses import dataclass

import gmpy2
from gmpy2 import mpz

from framework.plugin import InvalidKeyError
from plugins.blumgoldwasser.generator import keystream, root_exponent


@dataclass(frozen=True, repr=False)
class TextbookKey:
    """The private key of algorithm 8.55: primes p ≡ q ≡ 3 (mod 4), and a, b with a·p + b·q = 1."""

    p: mpz
    q: mpz
    a: mpz
    b: mpz

    @classmethod
    def from_primes(cls, p: mpz, q: mpz) -> "TextbookKey":
        """Find a and b by the extended Euclidean algorithm (step 3 of 8.55).

        Raises InvalidKeyError unless p and q are two different Blum primes.
        """
        from sympy import isprime  # half a second to import, which this layer, made for reading, has to spare

        if p == q or not all(prime % 4 == 3 and isprime(int(prime)) for prime in (p, q)):
            raise InvalidKeyError("p and q must be two different primes, each 3 modulo 4")
        _, a, b = gmpy2.gcdext(p, q)
        return cls(mpz(p), mpz(q), a, b)

    @property
    def n(self) -> mpz:
        """The public key."""
        return self.p * self.q

    def __repr__(self) -> str:
        return f"TextbookKey({self.n.bit_length()} bits, hidden)"


def block_bits(n: mpz) -> int:
    """The bits that each squaring yields: h = ⌊lg k⌋ with k = ⌊lg n⌋ (algorithm 8.56, step 1b)."""
    k: int = n.bit_length() - 1
    return k.bit_length() - 1


def encrypt(n: mpz, message: mpz, blocks: int, r: mpz) -> tuple[mpz, mpz]:
    """Encrypt a message of `blocks` blocks of h bits with the seed r² (algorithm 8.56, step 1): (c, x_{t+1})."""
    stream, x_next = keystream(r * r % n, n, blocks, block_bits(n))
    return message ^ stream, x_next


def decrypt(key: TextbookKey, c: mpz, blocks: int, x_next: mpz) -> mpz:
    """Decrypt (algorithm 8.56, step 2)."""
    stream, _ = keystream(seed(key, blocks, x_next), key.n, blocks, block_bits(key.n))
    return c ^ stream


def seed(key: TextbookKey, blocks: int, x_next: mpz) -> mpz:
    """x_0, from x_{t+1} (algorithm 8.56, steps 2a to 2d)."""
    u = gmpy2.powmod(x_next, root_exponent(key.p, blocks + 1), key.p)
    v = gmpy2.powmod(x_next, root_exponent(key.q, blocks + 1), key.q)
    return (v * key.a * key.p + u * key.b * key.q) % key.n
