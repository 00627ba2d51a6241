"""The primality decision: composites that fool weaker tests do not pass."""

import gmpy2
from gmpy2 import mpz
from sympy.external.ntheory import is_strong_bpsw_prp

from plugins.blumgoldwasser.primes import SIEVE_BOUND, WORD_PRIMORIAL, _is_prime

PRIMORIAL = gmpy2.primorial(SIEVE_BOUND)


def is_prime(number: int) -> bool:
    return _is_prime(mpz(number), PRIMORIAL)


CARMICHAEL = [(6 * k + 1) * (12 * k + 1) * (18 * k + 1) for k in (1000051, 1000181, 1000621, 1000681, 1000986)]
"""Chernick's Carmichael numbers: each factor is prime, and above the sieve."""

STRONG_PSEUDOPRIMES = [2003444481781, 2006520305653, 2007193456621, 2007289630261, 2010079668061]
"""Composites p(2p-1), both factors above the sieve, that pass Miller and Rabin's test to base 2."""


def test_the_word_is_the_primorial_without_two() -> None:
    assert gmpy2.primorial(53) // 2 == WORD_PRIMORIAL < 1 << 64


def test_carmichael_numbers_do_not_pass() -> None:
    assert all(gmpy2.is_fermat_prp(number, base) for number in CARMICHAEL for base in (2, 3, 5))
    assert not any(map(is_prime, CARMICHAEL))


def test_strong_pseudoprimes_do_not_pass() -> None:
    assert all(gmpy2.is_strong_prp(number, 2) for number in STRONG_PSEUDOPRIMES)
    assert not any(map(is_prime, STRONG_PSEUDOPRIMES))


def test_squares_and_products_of_primes_do_not_pass() -> None:
    p, q = gmpy2.next_prime(1 << 128), gmpy2.next_prime(3 << 128)
    assert is_prime(p)
    assert is_prime(q)
    assert not is_prime(p * q)
    assert not is_prime(p * p)


def test_it_agrees_with_sympy_on_a_stretch_of_numbers() -> None:
    stretch = range((1 << 64) + 3, (1 << 64) + 20003, 4)
    assert [n for n in stretch if is_prime(n)] == [n for n in stretch if is_strong_bpsw_prp(n)]
