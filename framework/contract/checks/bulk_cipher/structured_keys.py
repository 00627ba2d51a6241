"""Keys with a structure, which no random choice makes: they are keys like any other, or `check_key` says no."""

from collections.abc import Iterator

from framework.contract.checks.bulk_cipher.stream import keystream
from framework.contract.inputs.shapes import shaped
from framework.contract.model.check import check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

SIZE = 1024
"""Bytes of keystream that are looked at: of 128 words of 8 bytes, two agree once in 2^51 times."""


@check(
    "CIP-27",
    "a key of any structure that check_key takes encrypts like another",
    why="A key of zeros that means no encryption is what is left when a key was wiped, or never set.",
    precedent="GSM's A5/0 is no encryption; CVE-2019-9506 (KNOB: a Bluetooth key of one byte)",
    flaws=("a key that stands for no encryption", "weak keystream under a structured key", "encryptor stricter"),
    forbids_waiver=True,
)
def structured(trial: Trial) -> None:
    """Encrypt under keys that repeat a byte, a word or a half, have few bits, or count; and keys of text and zeros.

    What check_key takes, encryptor and decryptor take; the keystream repeats no word and has as many ones as zeros.
    """
    cipher = trial.cipher
    for key in dict.fromkeys(_structured(trial)):
        if cipher.calls_weak(key):
            continue
        iv = trial.rng.bytes(cipher.iv_size)
        stream = keystream(cipher, key, iv, SIZE)
        if cipher.decryptor(key, iv)(stream) != bytes(SIZE):
            raise Violation("under a structured key a record does not come back", key=key, iv=iv)
        ones = int.from_bytes(stream).bit_count()
        words = memoryview(stream).cast("Q").tolist()
        if len(set(words)) < len(words) or abs(ones - 4 * SIZE) > 8 * (2 * SIZE) ** 0.5:
            raise Violation(f"under a structured key {ones} of {8 * SIZE} bits are ones, or words repeat", key=key)


def _structured(trial: Trial) -> Iterator[bytes]:
    size, rng = trial.cipher.key_size, trial.rng
    for value in (0x00, 0xFF, 0x01, 0x80, 0x55, 0xAA, 0x7F, 0xFE, *rng.bytes(4)):
        yield bytes([value]) * size
    for width in (2, 4, 8, 16, size // 2):
        for _ in range(2):
            yield (rng.bytes(max(1, width)) * size)[:size]
    yield from ((1 << bit).to_bytes(size) for bit in range(0, 8 * size, 5))
    yield bytes(place & 0xFF for place in range(size))
    yield bytes(place & 0xFF for place in range(size))[::-1]
    half = rng.bytes(size // 2)
    yield (half + bytes(octet ^ 0xFF for octet in half)).ljust(size, b"\0")
    yield (half + half[::-1]).ljust(size, b"\0")
    yield from (key for key, _ in shaped(rng, size))
