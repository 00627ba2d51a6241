"""Families of forged octets: what a lax comparison takes for the genuine thing."""

import base64
from collections.abc import Iterator


def single_bit_flips(genuine: bytes) -> Iterator[bytes]:
    """Every value that differs in one bit."""
    for bit in range(8 * len(genuine)):
        yield flipped(genuine, bit)


def flipped(value: bytes, *bits: int) -> bytes:
    """Flip these bits; bit 0 is the highest of the first byte."""
    changed = bytearray(value)
    for bit in bits:
        changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)


def shortened(genuine: bytes) -> Iterator[bytes]:
    """Every proper prefix, shortest first, and every proper suffix."""
    for size in range(len(genuine)):
        yield genuine[:size]
    for size in range(1, len(genuine)):
        yield genuine[-size:]


def lengthened(genuine: bytes) -> Iterator[bytes]:
    """Genuine octets with something before or behind."""
    for more in (b"\0", b"\xff", b" ", b"\n", b"\0" * 16, genuine[:1], genuine[-1:], genuine, genuine * 3):
        yield genuine + more
        yield more + genuine
    yield genuine.ljust(64, b"\0") + b"\0"
    yield genuine.rjust(64, b"\0") + b"\0"


def rearranged(genuine: bytes) -> Iterator[tuple[str, bytes]]:
    """The same size, the same bytes or the same sums, but another value. Named by what would take it."""
    size = len(genuine)
    for distance in (1, 2, 4, 8, 16):
        for place in range(0, max(0, size - distance), 3):
            # Two equal flips cancel where differences are XORed together.
            yield "paired flips", flipped(genuine, 8 * place, 8 * (place + distance))
            swapped = bytearray(genuine)
            swapped[place], swapped[place + distance] = swapped[place + distance], swapped[place]
            yield "swapped bytes", bytes(swapped)
            moved = bytearray(genuine)
            moved[place] = (moved[place] + 1) % 256
            moved[place + distance] = (moved[place + distance] - 1) % 256
            yield "an equal sum", bytes(moved)
    yield "reversed", genuine[::-1]
    yield "sorted", bytes(sorted(genuine))
    for step in (1, 4, size // 2):
        yield "rotated", genuine[step:] + genuine[:step]
    yield "the other case", genuine.swapcase()
    yield "lower case", genuine.lower()
    yield "upper case", genuine.upper()
    yield "complemented", bytes(byte ^ 0xFF for byte in genuine)
    yield "seven bits", bytes(byte & 0x7F for byte in genuine)
    for value in (0x00, 0x01, 0x20, 0x30, 0xFF):
        yield "constant", bytes([value]) * size
    for start in range(0, size, 4):
        yield "one word zero", genuine[:start] + bytes(min(4, size - start)) + genuine[start + 4 :]
        yield "another first part", bytes(start) + genuine[start:]
        yield "another last part", genuine[:start] + bytes(size - start)


def encoded(genuine: bytes) -> Iterator[tuple[str, bytes]]:
    """The genuine octets as text, which a lenient decoder reads back."""
    yield "hex", genuine.hex().encode()
    yield "upper-case hex", genuine.hex().upper().encode()
    yield "base64", base64.b64encode(genuine)
    yield "URL-safe base64", base64.urlsafe_b64encode(genuine).rstrip(b"=")
    yield "base32", base64.b32encode(genuine)
    yield "decimal", str(int.from_bytes(genuine)).encode()
    yield "the repr", repr(genuine).encode()
    yield "UTF-8", genuine.decode("latin-1").encode()


def in_families(genuine: bytes) -> Iterator[tuple[str, bytes]]:
    """All that is above and differs from the genuine value."""
    yield from ((name, forged) for name, forged in rearranged(genuine) if forged != genuine)
    yield from ((name, forged) for name, forged in encoded(genuine) if forged != genuine)
