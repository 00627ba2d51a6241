"""Bit planes to blocks: every 64 by 64 square of bits is transposed in six passes of masked swaps.

Pass j (32, 16, … 1) takes planes j apart and swaps, in each word, the low half of every 2j bits of one with the high
half of the other. Afterwards word w of plane b is block b·W + w: the planes one after another are the blocks in order.
"""

from functools import cache

from bitarray import bitarray, frozenbitarray
from bitarray.util import ones, zeros

from plugins.des3.counter import BLOCK_BITS


@cache
def swap_masks(bits: int) -> tuple[tuple[int, frozenbitarray], ...]:
    """Give the distance and the mask of each pass for planes of this many bits."""
    halves = ((step, zeros(step, "big") + ones(step, "big")) for step in (32, 16, 8, 4, 2, 1))
    return tuple((step, frozenbitarray(half * (bits // len(half)))) for step, half in halves)


def transpose(planes: list[bitarray]) -> None:
    """Transpose 64 planes, the most significant bit of a block first, in place."""
    for step, mask in swap_masks(len(planes[0])):
        for base in range(BLOCK_BITS):
            if base & step:
                continue
            upper, lower = planes[base], planes[base + step]
            change = lower.copy()
            change >>= step
            change ^= upper
            change &= mask
            upper ^= change
            change <<= step
            lower ^= change
