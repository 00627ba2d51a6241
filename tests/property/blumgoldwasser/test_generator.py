"""The squaring generator and its way back."""

from gmpy2 import mpz
from hypothesis import given
from hypothesis import strategies as st

from plugins.blumgoldwasser.blinded_root import blinded_root
from plugins.blumgoldwasser.generator import keystream
from plugins.blumgoldwasser.textbook import TextbookKey, block_bits, decrypt, encrypt

PRIMES = st.sampled_from([499, 547, 2**61 - 1, 2**89 - 1, 2**107 - 1, 2**127 - 1])
"""All ≡ 3 (mod 4)."""


@given(PRIMES, PRIMES, st.integers(1), st.integers(0, 40))
def test_the_root_undoes_the_squarings(p: int, q: int, r: int, squarings: int) -> None:
    if p != q:
        n = p * q
        x0 = r * r % n
        z = pow(x0, 1 << squarings + 1, n)
        assert blinded_root(mpz(z), mpz(p), mpz(q), squarings + 1) == x0


@given(st.integers(3, 1 << 64), st.integers(0), st.integers(0, 40), st.integers(1, 12))
def test_the_keystream_is_the_low_bits_in_order(n: int, x0: int, squarings: int, width: int) -> None:
    squares = [pow(x0, 1 << i, n) for i in range(1, squarings + 2)]
    text = "".join(f"{x % (1 << width):0{width}b}" for x in squares[:-1])
    assert keystream(mpz(x0), mpz(n), squarings, width) == (int("0" + text, 2), squares[-1])


@given(PRIMES, PRIMES, st.integers(1), st.integers(0, 30), st.data())
def test_the_textbook_scheme_decrypts(p: int, q: int, r: int, blocks: int, data: st.DataObject) -> None:
    if p != q:
        key = TextbookKey.from_primes(mpz(p), mpz(q))
        message = data.draw(st.integers(0, (1 << blocks * block_bits(key.n)) - 1))
        c, x_next = encrypt(key.n, mpz(message), blocks, mpz(r))
        assert decrypt(key, c, blocks, x_next) == message
