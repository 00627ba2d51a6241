"""Counter blocks as bit planes, without ever writing a block out (SP 800-38A §6.5).

Block number i of a batch of 64·W blocks sits at word w, bit b of the planes, where i = b·W + w. So the transposed
batch (`transpose`) is the blocks in order, and the low bits of i are patterns known in advance: those of w alternate
runs of whole words, the six of b alternate bits inside each word. The counter is first + i: a ripple-carry
addition of a constant, one operation a bit on the planes.
"""

from functools import cache

from bitarray import bitarray, frozenbitarray
from bitarray.util import ones, zeros

BLOCK_BITS = 64
WORD_BITS = 64


@cache
def offset_planes(blocks: int) -> tuple[frozenbitarray, ...]:
    """Give the planes of i = 0 … blocks-1, the least significant first.

    `blocks` is 64 times a power of two.
    """
    word_runs = [WORD_BITS << bit for bit in range((blocks // WORD_BITS).bit_length() - 1)]
    bit_runs = [1 << bit for bit in range(6)]
    return tuple(
        frozenbitarray((zeros(run, "big") + ones(run, "big")) * (blocks // (2 * run)))
        for run in (*word_runs, *bit_runs)
    )


def counter_planes(first: int, blocks: int) -> list[bitarray]:
    """Give the 64 planes of the counters first … first+blocks-1 (mod 2^64), the most significant bit first.

    Every plane is a fresh object, the caller's to change.
    """
    planes = []
    carry = zeros(blocks, "big")
    for bit, offset in enumerate(offset_planes(blocks)):
        total = carry ^ offset
        if first >> bit & 1:
            total.invert()
            carry |= offset
        else:
            carry &= offset
        planes.append(total)
    for bit in range(len(planes), BLOCK_BITS):
        planes.append(carry.copy())
        if first >> bit & 1:
            planes[-1].invert()
        else:
            carry.setall(0)
    return planes[::-1]
