"""Which key bundles Triple DES must not be used with (SP 800-67 Rev. 2)."""

from framework.plugin import InvalidKeyError
from plugins.des3.tables import PERMUTED_CHOICE_1

PARITY_FREE = 0xFEFEFEFEFEFEFEFE
"""The key bits of a DES key; the low bit of each byte is parity and ignored."""


def is_weak(key: int) -> bool:
    """Tell whether a DES key is one of the 4 weak, 12 semi-weak or 48 possibly weak ones.

    These 64 are the keys whose halves C and D (after permuted choice 1) each repeat four bits of even weight, so
    that turning them gives one, two or four round keys instead of sixteen.
    """
    return all(_repeats_even_nibble(key, half) for half in (PERMUTED_CHOICE_1[:28], PERMUTED_CHOICE_1[28:]))


def check_key_bundle(key: bytes) -> None:
    """Raise InvalidKeyError unless the 24 bytes are three distinct keys, none of them weak."""
    parts = [int.from_bytes(key[start : start + 8], "big") & PARITY_FREE for start in (0, 8, 16)]
    for position, part in enumerate(parts, start=1):
        if is_weak(part):
            raise InvalidKeyError(f"key {position} of the bundle is a weak DES key")
    if len(set(parts)) < len(parts):
        raise InvalidKeyError("the three keys of the bundle are not distinct")


def _repeats_even_nibble(key: int, positions: tuple[int, ...]) -> bool:
    bits = [key >> (64 - position) & 1 for position in positions]
    return bits[4:] == bits[:-4] and not sum(bits[:4]) % 2
