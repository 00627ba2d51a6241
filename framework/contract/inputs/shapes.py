"""Octets that look like something else, and what they are then taken for: text, digits, a number, a padded name.

Random octets show such a shape once in a million, and real ones, such as a key from a file, more often.
"""

import string
from collections.abc import Iterator, Sequence

from framework.contract.inputs.drbg import Drbg

SHAPES = (
    string.ascii_letters.encode(),
    string.digits.encode(),
    string.whitespace.encode(),
    string.printable.encode(),
    b"\0",
    b"\xff",
)
"""What an end of random octets is made of."""


WIDTHS = (1, 4, 8)
"""How many octets at an end have it, where not all have."""


def made_of(octets: bytes, rng: Drbg, size: int) -> bytes:
    """Random ones of these octets."""
    return bytes(octets[octet % len(octets)] for octet in rng.bytes(size))


def shaped(
    rng: Drbg, size: int, shapes: Sequence[bytes] = SHAPES, widths: Sequence[int] = WIDTHS
) -> Iterator[tuple[bytes, slice]]:
    """Random octets that end or begin in a shape or have it whole, and where it is."""
    for octets in shapes:
        for width in (*(width for width in widths if width < size), size):
            part, rest = made_of(octets, rng, width), rng.bytes(size - width)
            yield rest + part, slice(size - width, size)
            if rest:
                yield part + rest, slice(0, width)


def taken_for(value: bytes, where: slice) -> Iterator[bytes]:
    """What it becomes where its part is folded, stripped or turned, or all of it is put in another order."""
    part, before, behind = value[where], value[: where.start], value[where.stop :]
    size = len(part)
    bare = part.strip() or part.strip(b"\0")
    for other in (
        part.swapcase(),
        part.lower(),
        part.upper(),
        part[::-1],
        bytes(size),
        b"\xff" * size,
        b" " * size,
        bytes(octet & 0x7F for octet in part),
        bytes(octet ^ 0x80 for octet in part),
        bare.ljust(size, b"\0"),
        bare.rjust(size, b"\0"),
    ):
        yield before + other + behind
    yield from reordered(value)
    yield part + before + behind
    yield before + behind + part


def reordered(value: bytes) -> Iterator[bytes]:
    """The same octets: turned around, in words of another byte order, with exchanged halves, moved on by one."""
    size = len(value)
    for word in (2, 4, 8, 16, size):
        if size % word == 0:
            yield b"".join(value[at : at + word][::-1] for at in range(0, size, word))
    yield value[size // 2 :] + value[: size // 2]
    yield value[1:] + value[:1]
    yield value[-1:] + value[:-1]


def groups(
    rng: Drbg, size: int, shapes: Sequence[bytes] = SHAPES, widths: Sequence[int] = WIDTHS
) -> Iterator[list[bytes]]:
    """Values that are all different, and that a plugin must not take for one another."""
    for value, where in shaped(rng, size, shapes, widths):
        yield list(dict.fromkeys([value, *taken_for(value, where)]))


def contents(rng: Drbg, size: int) -> Iterator[bytes]:
    """What records hold other than random octets, and what a plugin may take for something to be changed."""
    yield from (value for value, _ in shaped(rng, size))
    yield (b"GET / HTTP/1.1\r\nHost: bank\r\n\r\n" * size)[:size]
    yield (b'{"type": "DEPOS",\t"balance": "79.50"}\n' * size)[:size]
    yield ("naïve Ångström, ﬁve €\n" * size).encode()[:size]
    yield bytes(place & 0xFF for place in range(size))
    yield rng.bytes(1) * size
