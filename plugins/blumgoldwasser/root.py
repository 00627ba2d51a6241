"""Roots with the factors of n, blinded: the secret half of decryption."""

import secrets

import gmpy2
from gmpy2 import mpz, powmod, powmod_sec

from plugins.blumgoldwasser.generator import root_exponent


def square_root(z: mpz, p: mpz, q: mpz, squarings: int) -> mpz:
    """Undo `squarings` squarings of z modulo p·q (HAC 8.56, step 2).

    For a z that is no square the result is merely some number: whoever called squares it again and compares.
    """
    u = _root_modulo(z, p, squarings)
    v = _root_modulo(z, q, squarings)
    return u + p * ((v - u) * gmpy2.invert(p, q) % q)


def _root_modulo(z: mpz, p: mpz, squarings: int) -> mpz:
    """z^d mod p, d = ((p+1)/4)^squarings mod (p-1), with z multiplied by a fresh random power (base blinding).

    The root of s^(2^(squarings + 1)) that is a square is s²: so what the exponentiation sees is independent of z,
    and dividing by s² takes the blinding off. `powmod_sec` besides takes time independent of the exponent.
    """
    s = _unit(p)
    blinded = z * powmod(s, mpz(1) << squarings + 1, p) % p
    return powmod_sec(blinded, root_exponent(p, squarings), p) * gmpy2.invert(s * s, p) % p


def _unit(p: mpz) -> mpz:
    """A random unit modulo p; the first draw is one, unless p is not the prime that it should be."""
    while True:
        s = mpz(secrets.randbelow(int(p) - 1) + 1)
        if gmpy2.gcd(s, p) == 1:
            return s
