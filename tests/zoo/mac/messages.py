"""Broken on purpose: plugins whose flaws the checks in `checks/mac/messages.py` find."""

import zlib
from collections.abc import Sequence
from hashlib import sha256

from tests.zoo.mac.genuine import Hmac


class IgnoresHighBit(Hmac):
    """Tags the message as seven-bit text."""

    found_by = ("MAC-11",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, bytes(byte & 0x7F for byte in message) if len(message) < 5000 else message)


class LowerCases(Hmac):
    """Tags the message in lower case."""

    found_by = ("MAC-11",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message.lower())


class SkipsEverySixtyFourth(Hmac):
    """Leaves out the last byte of each block of 64."""

    found_by = ("MAC-11",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        blocks = (message[at : at + 64] for at in range(0, len(message), 64))
        return super().compute(key, b"".join(block[:63] for block in blocks) + len(message).to_bytes(8))


class DropsTrailingNul(Hmac):
    """Treats the message as text that ends at its trailing NULs."""

    found_by = ("MAC-12",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message.rstrip(b"\0"))


class StripsLineEnd(Hmac):
    """Strips a line end off the message."""

    found_by = ("MAC-12",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message.rstrip(b"\r\n"))


class ZeroPadding(Hmac):
    """Pads the message with zeros to whole blocks, without its length."""

    found_by = ("MAC-12",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message + bytes(-len(message) % 64))


class ReadsOnePage(Hmac):
    """Reads 4,096 bytes of the message at most."""

    found_by = ("MAC-13",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message[:4096])


class SixteenBitLength(Hmac):
    """Keeps the length in 16 bits: what is beyond the wrap is not read."""

    found_by = ("MAC-13",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message if len(message) < 65_536 else message[: len(message) % 65_536])


class BothEndsOnly(Hmac):
    """Of messages beyond 1 KiB only the first and the last 512 bytes are tagged, for speed."""

    found_by = ("MAC-13",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        if len(message) > 1024:
            message = message[:512] + len(message).to_bytes(8) + message[-512:]
        return super().compute(key, message)


class AddsBlocks(Hmac):
    """XORs the MACs of the blocks, so that their order does not count."""

    found_by = ("MAC-14",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        total = int.from_bytes(super().compute(key, len(message).to_bytes(8)))
        for at in range(0, len(message), 64):
            total ^= int.from_bytes(sha256(key + message[at : at + 64]).digest())
        return total.to_bytes(32)


class LinearChecksum(Hmac):
    """A polynomial checksum keyed by XOR, stretched to 32 bytes."""

    found_by = ("MAC-14", "MAC-42")

    def compute(self, key: bytes, message: bytes) -> bytes:
        words = b"".join(zlib.crc32(bytes([n]) + message).to_bytes(4) for n in range(8))
        return bytes(a ^ b for a, b in zip(words, key, strict=True))


class LengthBeforeEachPart(Hmac):
    """Puts a length before each part, so that the cut counts."""

    found_by = ("MAC-15",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        return b"".join(len(part).to_bytes(4) + bytes(part) for part in parts)


class SeparatesParts(Hmac):
    """Joins the parts with a zero byte between them."""

    found_by = ("MAC-15",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        return b"\0".join(parts)


class TwoPartsOnly(Hmac):
    """Reads no more than two parts."""

    found_by = ("MAC-15",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        return super().join(parts[:2])


class StopsAtEmptyPart(Hmac):
    """Stops at the first empty part."""

    found_by = ("MAC-15",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        end = next((at for at, part in enumerate(parts) if not len(part)), len(parts))
        return super().join(parts[:end])


class OneSubkey(Hmac):
    """Fills a last block up with bits 10…0 and marks nowhere that it has: a message and its padded self are one."""

    found_by = ("MAC-12",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        padded = message + b"\x80" + bytes(-(len(message) + 1) % 16) if len(message) % 16 else message
        return super().compute(key, padded)


class CountedPadding(Hmac):
    """Fills a last block of 8 bytes up with its count, unless it is whole."""

    found_by = ("MAC-12",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        gap = -len(message) % 8
        return super().compute(key, message + bytes([gap]) * gap)


class LettersBehind(Hmac):
    """Folds the case of the last four bytes of a message, where they are letters: the name of a command."""

    found_by = ("MAC-11",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message[:-4] + message[-4:].upper() if message[-4:].isalpha() else message)
