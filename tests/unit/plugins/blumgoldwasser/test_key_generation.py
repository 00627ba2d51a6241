"""Key generation: right numbers, from the injected randomness and from nothing else."""

import math
import random  # noqa: TID251 - to show that it plays no part
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from framework import KeyPair, MisuseError, RandomBytes
from plugins.blumgoldwasser.kem import BlumGoldwasserKem


def primes_of(pair: KeyPair) -> tuple[int, int]:
    size = (len(pair.private_key) - 32) // 2
    return int.from_bytes(pair.private_key[:size], "big"), int.from_bytes(pair.private_key[size:-32], "big")


def source(*draws: int, size: int = 16) -> RandomBytes:
    """A source that gives these numbers, then ever new ones."""
    numbers: Iterator[int] = iter([*draws, *range(1, 2000)])
    return lambda asked: next(numbers).to_bytes(max(size, asked), "big")[-asked:]


def is_prime(number: int) -> bool:
    """Sympy's own Baillie-PSW test in Python: `sympy.isprime` would ask gmpy2, which the plugin asked already."""
    from sympy.external.ntheory import is_strong_bpsw_prp  # sympy is slow to import

    return bool(is_strong_bpsw_prp(number))


def blum_prime_from(start: int, step: int = 1) -> int:
    return next(number for number in count(start, step) if number % 4 == 3 and is_prime(number))


LEAST_PRIME = math.isqrt(1 << 255) + 1
"""Above √2 · 2^127: the product of two such numbers has 256 bits."""


def check(kem: BlumGoldwasserKem, pair: KeyPair) -> None:
    p, q = primes_of(pair)
    n = int.from_bytes(pair.public_key, "big")
    bits = 8 * kem.public_key_size
    assert n == p * q
    assert n.bit_length() == bits
    assert p.bit_length() == q.bit_length() == bits // 2
    assert p % 4 == q % 4 == 3
    assert abs(p - q) > 1 << bits // 2 - 100


def test_the_numbers(kem: BlumGoldwasserKem, pair: KeyPair, other_pair: KeyPair) -> None:
    for each in (pair, other_pair):
        check(kem, each)
        assert all(map(is_prime, primes_of(each)))


def test_the_numbers_of_many_small_keys(tiny: BlumGoldwasserKem) -> None:
    pairs = [tiny.generate_key_pair() for _ in range(300)]
    for pair in pairs:
        check(tiny, pair)
        assert all(map(is_prime, primes_of(pair)))
    assert len({prime for pair in pairs for prime in primes_of(pair)}) == 600
    assert len({pair.private_key[-32:] for pair in pairs}) == 300


def test_the_primes_have_no_structure(tiny: BlumGoldwasserKem) -> None:
    """Every unit modulo every small prime, and every leading digit, turns up (CVE-2017-15361 lacked most)."""
    primes = [prime for _ in range(300) for prime in primes_of(tiny.generate_key_pair())]
    for small in (3, 5, 7, 8, 11, 13, 17, 19, 23):
        units = {7, 3} if small == 8 else set(range(1, small))
        assert {prime % small for prime in primes} == units
    assert {prime >> 123 for prime in primes} == set(range(22, 32))


def test_fermat_does_not_factor_it(pair: KeyPair) -> None:
    n = int.from_bytes(pair.public_key, "big")
    root = math.isqrt(n) + 1
    assert not any(math.isqrt(d) ** 2 == d for d in (a * a - n for a in range(root, root + 1000)))


def test_keys_differ(pair: KeyPair, other_pair: KeyPair) -> None:
    assert len({*primes_of(pair), *primes_of(other_pair)}) == 4
    assert pair.private_key[-32:] != other_pair.private_key[-32:]


def test_every_choice_is_from_the_source(tiny: BlumGoldwasserKem, seeded: Callable[[bytes], RandomBytes]) -> None:
    once, again, other = (tiny.generate_key_pair(random_bytes=seeded(seed)) for seed in (b"1", b"1", b"2"))
    assert (once.public_key, once.private_key) == (again.public_key, again.private_key)
    assert once.public_key != other.public_key


def test_what_is_drawn(tiny: BlumGoldwasserKem) -> None:
    p, q = blum_prime_from(3 << 126), blum_prime_from(7 << 125)
    sizes: list[int] = []
    numbers = source(p, q)

    def counted(size: int) -> bytes:
        sizes.append(size)
        return numbers(size)

    assert primes_of(tiny.generate_key_pair(random_bytes=counted)) == (p, q)
    assert sizes == [16, 16, 32]


def test_the_mersenne_twister_plays_no_part(tiny: BlumGoldwasserKem) -> None:
    random.seed(1)
    before = random.getstate()
    one = tiny.generate_key_pair()
    assert random.getstate() == before
    random.seed(1)
    assert tiny.generate_key_pair().public_key != one.public_key


def test_a_number_below_the_root_of_two_is_passed_over(tiny: BlumGoldwasserKem) -> None:
    below = blum_prime_from(LEAST_PRIME, step=-1)
    least = blum_prime_from(LEAST_PRIME)
    far = blum_prime_from(least + (1 << 40))
    assert below.bit_length() == 128
    pair = tiny.generate_key_pair(random_bytes=source(below, least, far))
    assert primes_of(pair) == (least, far)
    check(tiny, pair)


def test_composites_are_passed_over(tiny: BlumGoldwasserKem) -> None:
    p, q = blum_prime_from(3 << 126), blum_prime_from(7 << 125)
    pair = tiny.generate_key_pair(random_bytes=source(p + 4, p * p >> 128, p, q + 8, q))
    assert all(map(is_prime, primes_of(pair)))


def test_the_top_and_the_two_low_bits_are_set(tiny: BlumGoldwasserKem) -> None:
    p, q = blum_prime_from(3 << 126), blum_prime_from(7 << 125)
    pair = tiny.generate_key_pair(random_bytes=source(p ^ 1 << 127 ^ 3, q ^ 2))
    assert primes_of(pair) == (p, q)


@pytest.mark.parametrize("distance", [0, 1, 1 << 20, (1 << 28) - 2000])
def test_primes_that_lie_together_are_refused(tiny: BlumGoldwasserKem, distance: int) -> None:
    p = blum_prime_from(3 << 126)
    q = blum_prime_from(p + distance)
    for draws in ((p, q), (q, p)):
        with pytest.raises(MisuseError, match="lie together"):
            tiny.generate_key_pair(random_bytes=source(*draws))


def test_primes_just_far_enough_apart_are_taken(tiny: BlumGoldwasserKem) -> None:
    p = blum_prime_from(3 << 126)
    q = blum_prime_from(p + (1 << 28) + 1)
    assert q - p < (1 << 28) + 5000
    assert primes_of(tiny.generate_key_pair(random_bytes=source(p, q))) == (p, q)


@pytest.mark.parametrize("octet", [0x00, 0x42, 0xFF])
def test_a_stuck_source_is_noticed(kem: BlumGoldwasserKem, octet: int) -> None:
    draws: list[bytes] = []

    def stuck(size: int) -> bytes:
        draws.append(bytes([octet]) * size)
        return draws[-1]

    with pytest.raises(MisuseError, match="repeats itself"):
        kem.generate_key_pair(random_bytes=stuck)
    assert len(draws) == 2


def test_a_source_without_primes_is_given_up(tiny: BlumGoldwasserKem) -> None:
    toggle = count()
    with pytest.raises(MisuseError, match="yields no prime"):
        tiny.generate_key_pair(random_bytes=lambda size: bytes([next(toggle) % 2]) * size)


@pytest.mark.parametrize("wrong", [b"", bytes(15), bytes(17), "x" * 16, None, 16])
def test_a_source_that_gives_something_else_is_refused(tiny: BlumGoldwasserKem, wrong: bytes) -> None:
    with pytest.raises(MisuseError, match="did not give 16 bytes"):
        tiny.generate_key_pair(random_bytes=lambda _: wrong)
