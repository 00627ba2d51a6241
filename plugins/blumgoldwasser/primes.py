"""Blum primes: probable primes p ≡ 3 (mod 4), uniform among those of their length."""

import gmpy2
from gmpy2 import mpz

from framework.plugin import MisuseError, RandomBytes
from plugins.blumgoldwasser.octets import draw, to_integer

WORD_PRIMORIAL = 16294579238595022365
"""3 · 5 · 7 · … · 53, a machine word: a gcd with it drops 72 % of the odd candidates in 0.3 µs."""

SIEVE_BOUND = 1 << 16
"""Candidates with a prime factor up to here are dropped by a second gcd; a tenth of the odd ones remains. Farther
on, the gcd costs more than the primality tests that it saves."""

MILLER_RABIN_ROUNDS = 4
"""Rounds beyond the Baillie-PSW test. Four alone would let a random candidate of 1024 bits or more through that is
not prime with a chance below 2^-100 (HAC fact 4.48 ii)."""

_GMP_BAILLIE_PSW = 24
"""GMP 6.2 and later take `reps` as Baillie-PSW followed by `reps` - 24 rounds of Miller-Rabin."""

DRAWS_PER_BIT = 64
"""How long to look: a prime takes 0.6 draws a bit on average, so a fair source fails with a chance below 2^-150."""


def blum_prime(bits: int, random_bytes: RandomBytes) -> mpz:
    """Draw candidates of `bits` bits until one is prime; each is drawn anew, so no prime is favoured.

    The prime lies between √2 · 2^(bits-1) and 2^bits, so that the product of two has 2 · bits bits exactly
    (FIPS 186-5, A.1.3). Raises MisuseError when `random_bytes` is no source of randomness.
    """
    least = gmpy2.isqrt(mpz(1) << 2 * bits - 1)
    fixed_bits = mpz(1) << bits - 1 | 3
    primorial = gmpy2.primorial(SIEVE_BOUND)
    previous = b""
    for _ in range(DRAWS_PER_BIT * bits):
        drawn = draw(random_bytes, bits // 8)
        if drawn == previous:
            break
        previous = drawn
        candidate = to_integer(drawn) | fixed_bits
        if candidate > least and _is_prime(candidate, primorial):
            return candidate
    raise MisuseError("random_bytes is not a source of randomness: it repeats itself or yields no prime")


def _is_prime(candidate: mpz, primorial: mpz) -> bool:
    """Sieve, then Baillie-PSW, of which a composite sees one Miller-Rabin round, then further rounds."""
    if gmpy2.gcd(candidate, WORD_PRIMORIAL) != 1 or gmpy2.gcd(candidate, primorial) != 1:
        return False
    return bool(gmpy2.is_prime(candidate, _GMP_BAILLIE_PSW + MILLER_RABIN_ROUNDS))
