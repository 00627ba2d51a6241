"""Blum primes: probable primes p ≡ 3 (mod 4), uniform among those of their length."""

import gmpy2
from gmpy2 import mpz

from framework import MisuseError, RandomBytes
from plugins.blumgoldwasser.octets import draw

SIEVE_BOUND = 1 << 16
"""Candidates with a prime factor up to here are dropped by one gcd; one in ten of the odd ones remains."""

WORD_PRIMORIAL = mpz(16294579238595022365)
"""3 · 5 · 7 · … · 53, a machine word: a first gcd with it drops 72 % of the odd candidates in 0.3 µs."""

MILLER_RABIN_ROUNDS = 4
"""Rounds after the BPSW test. Alone they err for fewer than 2^-100 of random candidates of 1024 bits or more
(Damgård, Landrock and Pomerance 1993, theorem 1: k^(3/2) · 2^t · t^(-1/2) · 4^(2 - √(tk)))."""

_GMP_BPSW = 24
"""`mpz_probab_prime_p(n, reps)` runs BPSW and then reps - 24 rounds of Miller-Rabin (GMP 6.2 and later)."""

DRAWS_PER_BIT = 64
"""A fair source needs about 0.6 draws a bit of the prime; one that fails 100 times as often is no such source."""


def blum_prime(bits: int, random_bytes: RandomBytes) -> mpz:
    """Draw candidates of `bits` bits until one is prime; each is independent of the others, so none is favoured.

    The prime lies between √2 · 2^(bits-1) and 2^bits, so that the product of two has 2 · bits bits exactly
    (FIPS 186-5, A.1.3). Raises MisuseError when `random_bytes` is no source of randomness.
    """
    least = gmpy2.isqrt(mpz(1) << 2 * bits - 1)
    primorial = gmpy2.primorial(SIEVE_BOUND)
    for _ in range(DRAWS_PER_BIT * bits):
        candidate = mpz.from_bytes(draw(random_bytes, bits // 8), "big") | mpz(1) << bits - 1 | 3
        if candidate > least and _is_prime(candidate, primorial):
            return candidate
    raise MisuseError("random_bytes gives no primes: it is not a source of randomness")


def _is_prime(candidate: mpz, primorial: mpz) -> bool:
    if gmpy2.gcd(candidate, WORD_PRIMORIAL) != 1 or gmpy2.gcd(candidate, primorial) != 1:
        return False
    return bool(gmpy2.is_prime(candidate, _GMP_BPSW + MILLER_RABIN_ROUNDS))
