"""Broken on purpose: plugins whose flaws the checks in `checks/bulk_cipher/counter.py` find."""

from framework import InvalidKeyError, MisuseError
from tests.zoo.bulk_cipher.genuine import Aes, LibraryStream, TripleDesOfCryptography
from tests.zoo.octets import octets


class IvSigned(Aes):
    """Takes the IV as a signed number and counts from its absolute value."""

    found_by = ("CIP-31",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        start = abs(int.from_bytes(iv, signed=True) + 1)
        return super().counters(start.to_bytes(16), first, count)


class Wraps32(Aes):
    """The counter wraps at 2^32, as GCM's does."""

    found_by = ("CIP-31",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        low = int.from_bytes(iv[12:])
        return b"".join(iv[:12] + ((low + n) % 2**32).to_bytes(4) for n in range(first, first + count))


class Wraps64(Aes):
    """The counter wraps at 2^64."""

    found_by = ("CIP-31", "CIP-51")

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        low = int.from_bytes(iv[8:])
        return b"".join(iv[:8] + ((low + n) % 2**64).to_bytes(8) for n in range(first, first + count))


class SaturatingCounter(Aes):
    """The counter stays at its largest value."""

    found_by = ("CIP-31",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        start = int.from_bytes(iv)
        return b"".join(min(start + n, 2**128 - 1).to_bytes(16) for n in range(first, first + count))


class SkipsZero(Aes):
    """The counter skips zero when it wraps."""

    found_by = ("CIP-31",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        start = int.from_bytes(iv)
        values = ((start + n) % 2**128 + (start + n >= 2**128) for n in range(first, first + count))
        return b"".join(value.to_bytes(16) for value in values)


class LittleEndianWrap(Aes):
    """Counts little-endian, in the first four bytes only."""

    found_by = ("CIP-31", "CIP-51")

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        low = int.from_bytes(iv[:4], "little")
        return b"".join(((low + n) % 2**32).to_bytes(4, "little") + iv[4:] for n in range(first, first + count))


class LosesOneCarry(Aes):
    """Loses the carry between the two 32-bit words in the middle."""

    found_by = ("CIP-31",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        start = int.from_bytes(iv)
        low = start % 2**64
        high = start - low
        return b"".join((high + (low + n) % 2**64).to_bytes(16) for n in range(first, first + count))


class NoLimit(TripleDesOfCryptography):
    """Triple DES with a limit of 2^36 bytes under one key."""

    found_by = ("CIP-32",)
    max_bytes_per_key = 2**36


class TinyLimit(Aes):
    """May encrypt 1,000 bytes under one key."""

    found_by = ("CIP-32",)
    max_bytes_per_key = 1000


class LimitNotEnforced(TripleDesOfCryptography):
    """Claims to refuse what is beyond its limit, and goes on."""

    found_by = ("CIP-33",)

    def encryptor(self, key: bytes, iv: bytes) -> LibraryStream:
        if len(octets(key)) != 24 or len(octets(iv)) != 8:
            raise InvalidKeyError("a key of another length")
        return LibraryStream(self.start(octets(key), octets(iv)), 2**40)

    decryptor = encryptor


class BeginsAgainAtTheLimit(TripleDesOfCryptography):
    """Refuses one record at its limit, and then begins again."""

    found_by = ("CIP-33",)

    def encryptor(self, key: bytes, iv: bytes) -> LibraryStream:
        if len(octets(key)) != 24 or len(octets(iv)) != 8:
            raise InvalidKeyError("a key of another length")
        return ForgetsItsLimit(self.start(octets(key), octets(iv)), self.max_bytes_per_key)

    decryptor = encryptor


class ForgetsItsLimit(LibraryStream):
    __slots__ = ()

    def encrypt(self, record: bytes) -> bytes:
        try:
            return super().encrypt(record)
        except MisuseError:
            self._left = 2**23
            raise

    decrypt = encrypt


class BatchWraps(Aes):
    """Carries on from batch to batch of 1,024 blocks modulo 2^128 - 1."""

    found_by = ("CIP-31",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        start = int.from_bytes(iv)
        batches = [
            (start + (n & ~1023)) % ((1 << 128) - 1 if n > 1023 else 1 << 128) for n in range(first, first + count)
        ]
        return b"".join(
            ((batch + (n & 1023)) % 2**128).to_bytes(16)
            for batch, n in zip(batches, range(first, first + count), strict=True)
        )


class BatchLosesCarry(Aes):
    """Adds to the low half alone from batch to batch of 2,048 blocks, and right within one."""

    found_by = ("CIP-31",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        high, low = int.from_bytes(iv[:8]), int.from_bytes(iv[8:])
        starts = (
            ((high << 64 | (low + (n & ~2047)) % 2**64) + (n & 2047)) % 2**128 for n in range(first, first + count)
        )
        return b"".join(start.to_bytes(16) for start in starts)
