"""The textbook layer, by the Handbook of Applied Cryptography's example 8.57 and every number in it."""

import pytest
from gmpy2 import mpz, powmod

from framework import InvalidKeyError
from plugins.blumgoldwasser.generator import keystream, root_exponent
from plugins.blumgoldwasser.textbook import TextbookKey, block_bits, decrypt, encrypt, seed

P, Q, N = mpz(499), mpz(547), mpz(272953)
MESSAGE = mpz(0b1001_1100_0001_0000_1100)
CIPHERTEXT = mpz(0b0010_0000_1100_1110_0100)
X0, X6 = mpz(159201), mpz(139680)
BLOCKS = 5


@pytest.fixture
def key() -> TextbookKey:
    return TextbookKey.from_primes(P, Q)


@pytest.mark.parametrize(("p", "q"), [(499, 499), (499, 541), (493, 547), (499, 551), (499, 1)])
def test_only_two_different_blum_primes_make_a_key(p: int, q: int) -> None:
    with pytest.raises(InvalidKeyError, match="two different primes"):
        TextbookKey.from_primes(mpz(p), mpz(q))


def test_the_key(key: TextbookKey) -> None:
    assert (key.n, key.a, key.b) == (N, -57, 52)


def test_the_block_length() -> None:
    assert block_bits(N) == 4
    assert block_bits(mpz(1) << 3071) == 11


@pytest.mark.parametrize(("k", "h"), [(15, 3), (16, 4), (31, 4), (32, 5), (2047, 10), (2048, 11)])
def test_the_block_length_is_a_floor_of_a_floor(k: int, h: int) -> None:
    assert block_bits(mpz(1) << k) == block_bits((mpz(2) << k) - 1) == h


def test_the_squares() -> None:
    assert 399**2 % N == X0
    squares = [keystream(X0, N, i, 4)[1] for i in range(BLOCKS + 1)]
    assert squares == [180539, 193932, 245613, 130286, 40632, X6]


def test_the_keystream() -> None:
    stream, _ = keystream(X0, N, BLOCKS, 4)
    assert stream == 0b1011_1100_1101_1110_1000


def test_encryption() -> None:
    assert encrypt(N, MESSAGE, BLOCKS, mpz(399)) == (CIPHERTEXT, X6)


def test_the_exponents() -> None:
    assert (root_exponent(P, BLOCKS + 1), root_exponent(Q, BLOCKS + 1)) == (463, 337)


def test_the_roots() -> None:
    assert (powmod(X6, 463, P), powmod(X6, 337, Q)) == (20, 24)


def test_the_seed(key: TextbookKey) -> None:
    assert seed(key, BLOCKS, X6) == X0


def test_decryption(key: TextbookKey) -> None:
    assert decrypt(key, CIPHERTEXT, BLOCKS, X6) == MESSAGE


def test_it_shows_no_key(key: TextbookKey) -> None:
    assert repr(key) == "TextbookKey(19 bits, hidden)"
