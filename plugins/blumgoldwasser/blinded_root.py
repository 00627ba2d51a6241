"""The root that decapsulation takes with the factors of n: by the Chinese remainder theorem, with a blinded base."""

import secrets

import gmpy2
from gmpy2 import mpz, powmod, powmod_sec

from plugins.blumgoldwasser.generator import root_exponent


def blinded_root(z: mpz, p: mpz, q: mpz, squarings: int) -> mpz:
    """Undo `squarings` squarings of z modulo p·q: the one root, 0 <= root < p·q, that is itself a square.

    A z that is no square has no such root, and the result is some number that does not lead back to it: the
    caller squares again and compares. p and q are coprime and ≡ 3 (mod 4); that they are prime is not needed
    for the arithmetic to be defined.
    """
    u = _root_modulo(z, p, squarings)
    v = _root_modulo(z, q, squarings)
    return u + p * ((v - u) * gmpy2.invert(p, q) % q)


def _root_modulo(z: mpz, p: mpz, squarings: int) -> mpz:
    """z^d mod p for d = `root_exponent(p, squarings)`; d is worked out for each call, for it takes 16 µs.

    Blinding: z is multiplied by (s²)^(2^squarings), whose root is s² as that is a square; dividing by s² takes it
    off again. So whoever chose z knows nothing of the base that is exponentiated; and `powmod_sec` takes a time
    that does not depend on the exponent.
    """
    s = _unit(p)
    blinded = z * powmod(s, mpz(1) << squarings + 1, p) % p
    return powmod_sec(blinded, root_exponent(p, squarings), p) * gmpy2.invert(s * s, p) % p


def _unit(p: mpz) -> mpz:
    """A random unit modulo p; the first draw is one, unless p is not the prime it should be."""
    while True:
        s = mpz(1 + secrets.randbelow(int(p) - 1))
        if gmpy2.gcd(s, p) == 1:
            return s
