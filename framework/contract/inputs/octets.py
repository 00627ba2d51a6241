"""Small operations on octets, and the sizes and byte orders that checks try."""

from collections.abc import Iterator
from typing import Literal

Order = Literal["big", "little"]
ORDERS: tuple[Order, ...] = ("big", "little")


def xor(left: bytes, right: bytes) -> bytes:
    """XOR of two byte strings of one size."""
    return (int.from_bytes(left) ^ int.from_bytes(right)).to_bytes(len(left))


def either(left: bytes, right: bytes) -> bytes:
    """OR of two byte strings of one size."""
    return (int.from_bytes(left) | int.from_bytes(right)).to_bytes(len(left))


def edges(random: bytes, size: int) -> Iterator[bytes]:
    """Octets as a counter has them before a carry: ones to any byte from either end; and zeros."""
    for ones in range(1, size + 1):
        for fill in (random, bytes(size)):
            yield fill[:-ones] + b"\xff" * ones
            yield b"\xff" * ones + fill[ones:]
        yield random[:-ones] + b"\xff" * (ones - 1) + b"\xfe"
        yield random[:-ones] + b"\x7f" + b"\xff" * (ones - 1)
    yield bytes(size)


def wrong_lengths(size: int) -> list[int]:
    """Lengths that are not `size`: every one to a little beyond twice as much, and some block sizes."""
    return [other for other in [*range(2 * size + 2), 63, 64, 65, 127, 128, 129, 1000] if other != size]
