"""The squaring generator of Blum, Blum and Shub: forwards for anyone, backwards for who knows the factors of n.

Forwards, x_i = x_{i-1}² mod n. Backwards, modulo a prime p ≡ 3 (mod 4): the root of x that is itself a square is
x^((p+1)/4), so one exponentiation undoes any number of squarings (HAC 8.56, step 2).
"""

from gmpy2 import mpz, powmod


def keystream(x0: mpz, n: mpz, squarings: int, width: int) -> tuple[mpz, mpz]:
    """Square `squarings` times and collect the low `width` bits of x_1, x_2, …, the first ones uppermost.

    Gives the keystream, an integer of `squarings * width` bits, and the next square, x_{squarings + 1}.
    """
    mask = (1 << width) - 1
    stream = mpz(0)
    x = x0
    for _ in range(squarings):
        x = x * x % n  # at a third of the cost of powmod(x, 2, n)
        stream = stream << width | x & mask
    return stream, x * x % n


def root_exponent(p: mpz, squarings: int) -> mpz:
    """The exponent that undoes `squarings` squarings modulo p: ((p+1)/4)^squarings mod (p-1)."""
    return powmod((p + 1) // 4, squarings, p - 1)
