"""Decapsulation against its definition, PROTOCOL §11.3 word for word, over all that a 16-bit modulus has.

The plugin compares roots where the protocol encrypts again. Here roots are looked up in a table of all squares, and
encryption is run again in full: whatever the ciphertext, the two must agree.
"""

from hashlib import sha3_256, sha3_512, shake_256
from itertools import pairwise

import pytest

from plugins.blumgoldwasser.kem import BlumGoldwasserKem

KEYS = [(251, 199), (191, 239), (227, 223)]
SECRET = b"rejection secret, of 32 bytes..."


def encrypt_again(n: int, message: bytes) -> tuple[bytes, bytes]:
    expanded = sha3_512(b"BG-KEM/1 G\0" + message + sha3_256(n.to_bytes(2, "big")).digest()).digest()
    r = int.from_bytes(shake_256(b"BG-KEM/1 x\0" + expanded[32:]).digest(18), "big") % n
    stream, z = run(r * r % n, n)
    ciphertext = xor(message, stream) + z.to_bytes(2, "big")
    return ciphertext, sha3_256(b"BG-KEM/1 K\0" + expanded[:32] + sha3_256(ciphertext).digest()).digest()


def run(x: int, n: int) -> tuple[bytes, int]:
    bits = []
    for _ in range(256):
        x = x * x % n
        bits.append(x % 2)
    return bytes(sum(bit << 7 - i for i, bit in enumerate(bits[at : at + 8])) for at in range(0, 256, 8)), x * x % n


def xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def seeds(n: int) -> dict[int, int]:
    """For every square z modulo n the one square that 257 squarings lead to it from."""
    table = {}
    for x0 in {x * x % n for x in range(n)}:
        table[pow(x0, 1 << 257, n)] = x0
    return table


def by_definition(n: int, table: dict[int, int], ciphertext: bytes) -> bytes:
    masked, z = ciphertext[:32], int.from_bytes(ciphertext[32:], "big")
    x0 = table.get(z % n)
    if x0 is not None:
        again, shared_secret = encrypt_again(n, xor(masked, run(x0, n)[0]))
        if again == ciphertext:
            return shared_secret
    return sha3_256(b"BG-KEM/1 R\0" + SECRET + ciphertext).digest()


@pytest.mark.parametrize(("p", "q"), KEYS)
def test_it_is_the_definition(toy: BlumGoldwasserKem, p: int, q: int) -> None:
    n, private_key = p * q, bytes([p, q]) + SECRET
    table = seeds(n)
    assert len(table) == (p + 1) * (q + 1) // 4  # squaring permutes the squares, those that p or q divides too
    genuine = [encrypt_again(n, i.to_bytes(32, "big"))[0] for i in range(300)]
    multiples = [g[:32] + z.to_bytes(2, "big") for g, z in zip(genuine, range(0, n, p), strict=False)]
    multiples += [g[:32] + z.to_bytes(2, "big") for g, z in zip(genuine, range(0, n, q), strict=False)]
    mixed = [one[:32] + other[32:] for one, other in pairwise(genuine)]
    unreduced = [
        g[:32] + (z + n).to_bytes(2, "big") for g in genuine if (z := int.from_bytes(g[32:], "big")) + n < 1 << 16
    ]
    anything = [genuine[z % 300][:32] + z.to_bytes(2, "big") for z in range(0, 1 << 16, 61)]
    assert unreduced
    for ciphertext in (*genuine, *multiples, *mixed, *unreduced, *anything):
        assert toy.decapsulate(private_key, ciphertext) == by_definition(n, table, ciphertext)
    for ciphertext in genuine:
        assert by_definition(n, table, ciphertext) != sha3_256(b"BG-KEM/1 R\0" + SECRET + ciphertext).digest()


def test_a_key_with_a_short_modulus_is_rejected(toy: BlumGoldwasserKem) -> None:
    """A modulus of 15 bits: nobody may encapsulate to it, so nothing that comes is genuine."""
    n, private_key = 131 * 139, bytes([131, 139]) + SECRET
    for message in (bytes(32), SECRET):
        ciphertext, _ = encrypt_again(n, message)
        assert toy.decapsulate(private_key, ciphertext) == sha3_256(b"BG-KEM/1 R\0" + SECRET + ciphertext).digest()
