"""ChaCha20 (RFC 8439), many blocks at once: a lane of 32 bits for each block in one long Python integer."""

from functools import cache

ROUNDS = 10
"""Double rounds."""

CONSTANTS = (0x61707865, 0x3320646E, 0x79622D32, 0x6B206574)
"""The words of "expand 32-byte k"."""

BLOCK_SIZE = 64

QUARTERS = (
    (0, 4, 8, 12),
    (1, 5, 9, 13),
    (2, 6, 10, 14),
    (3, 7, 11, 15),
    (0, 5, 10, 15),
    (1, 6, 11, 12),
    (2, 7, 8, 13),
    (3, 4, 9, 14),
)
"""The columns and the diagonals of the state (RFC 8439 §2.3)."""


@cache
def ones(count: int) -> int:
    """The number one in each of `count` lanes."""
    return int.from_bytes(b"\x01\0\0\0" * count, "little")


def keystream(key: bytes, nonce: bytes, first: int, count: int) -> bytes:
    """Give `count` blocks of 64 bytes, from block `first` on. The key has 32 bytes, the nonce 12."""
    one = ones(count)
    words = [int.from_bytes(octets, "little") for octets in _words(key)]
    nonces = [int.from_bytes(octets, "little") for octets in _words(nonce)]
    counters = int.from_bytes(b"".join((first + n).to_bytes(4, "little") for n in range(count)), "little")
    start = [*(word * one for word in (*CONSTANTS, *words)), counters, *(word * one for word in nonces)]
    low, high = one * 0x7FFFFFFF, one * 0x80000000
    rotations = {bits: (one * (0x100000000 - (1 << bits)), one * ((1 << bits) - 1)) for bits in (16, 12, 8, 7)}

    def add(x: int, y: int) -> int:
        """Add lane by lane: the highest bits apart, so that none is carried into the next lane."""
        return ((x & low) + (y & low)) ^ ((x ^ y) & high)

    def rotate(x: int, bits: int) -> int:
        upper, lower = rotations[bits]
        return x << bits & upper | x >> 32 - bits & lower

    state = list(start)
    for _ in range(ROUNDS):
        for a, b, c, d in QUARTERS:
            for bits_of_d, bits_of_b in ((16, 12), (8, 7)):
                state[a] = add(state[a], state[b])
                state[d] = rotate(state[d] ^ state[a], bits_of_d)
                state[c] = add(state[c], state[d])
                state[b] = rotate(state[b] ^ state[c], bits_of_b)
    out = bytearray(BLOCK_SIZE * count)
    columns = memoryview(out).cast("I")
    for place, (word, begun) in enumerate(zip(state, start, strict=True)):
        columns[place::16] = memoryview(add(word, begun).to_bytes(4 * count, "little")).cast("I")
    return bytes(out)


def _words(octets: bytes) -> list[bytes]:
    return [octets[at : at + 4] for at in range(0, len(octets), 4)]
