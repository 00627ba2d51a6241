"""Broken on purpose: plugins whose flaws the checks in `checks/bulk_cipher/keystream.py` find."""

from collections.abc import Iterator
from hashlib import shake_256
from itertools import cycle

from tests.zoo.bulk_cipher.genuine import Aes, Stream
from tests.zoo.octets import xor


class RestartsEachRecord(Aes):
    """Every record begins the keystream again."""

    found_by = ("CIP-11",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        stream.position = 0
        return super().mix(stream, record)


class SixteenBitCounter(Aes):
    """Counts blocks in 16 bits."""

    found_by = ("CIP-11",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        start = int.from_bytes(iv)
        return b"".join(((start + n % 65_536) % 2**128).to_bytes(16) for n in range(first, first + count))


class OneBlockForEver(Aes):
    """Encrypts the IV once and repeats the block."""

    found_by = ("CIP-11",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        return iv * count


class CountsEverySecondBlock(Aes):
    """Counts up once in two blocks."""

    found_by = ("CIP-11",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        start = int.from_bytes(iv)
        return b"".join(((start + n // 2) % 2**128).to_bytes(16) for n in range(first, first + count))


class LastByteClear(Aes):
    """Leaves the last byte of an odd record in the clear."""

    found_by = ("CIP-12",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        mixed = super().mix(stream, record)
        return mixed[:-1] + record[-1:] if len(record) % 2 and len(record) > 1 else mixed


class PartialBlockClear(Aes):
    """Leaves the last partial block in the clear."""

    found_by = ("CIP-12",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        whole = len(record) // 16 * 16
        return super().mix(stream, record)[:whole] + record[whole:]


class HeaderClear(Aes):
    """Leaves the first four bytes of each record in the clear, as a header."""

    found_by = ("CIP-12",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        return record[:4] + super().mix(stream, record)[4:]


class SecondRecordClear(Aes):
    """Leaves records that begin within a block in the clear to its end."""

    found_by = ("CIP-12",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        left = -stream.position % 16
        return record[:left] + super().mix(stream, record)[left:]


class HighBitClear(Aes):
    """Encrypts seven bits of each byte."""

    found_by = ("CIP-12", "CIP-13")

    def piece(self, stream: Stream, size: int) -> bytes:
        return bytes(octet & 0x7F for octet in super().piece(stream, size))


class NoZeroBytes(Aes):
    """Replaces zero bytes of the keystream, so that every byte is seen to change."""

    found_by = ("CIP-13",)

    def piece(self, stream: Stream, size: int) -> bytes:
        return super().piece(stream, size).replace(b"\0", b"\x01")


class DoublesItself(Aes):
    """Halves the work: each byte of keystream is used twice, the second time complemented."""

    found_by = ("CIP-13",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        stream = super().blocks(key, iv, first, count)
        half = bytes(octet ^ 0xFF for octet in stream[::2])
        return bytes(octet for pair in zip(stream[::2], half, strict=True) for octet in pair)


class LinearRegister(Aes):
    """A linear feedback shift register of 521 bits, filled from key and IV."""

    found_by = ("CIP-14",)

    def piece(self, stream: Stream, size: int) -> bytes:
        if stream.extra is None:
            stream.extra = register(shake_256(stream.key + stream.iv).digest(66))
        return bytes(next(stream.extra) for _ in range(size))


def register(seed: bytes) -> Iterator[int]:
    """x^521 + x^32 + 1, eight bits at a time."""
    state = int.from_bytes(seed) | 1
    while True:
        state |= ((state >> 489) ^ state & 0xFF) << 521
        new = (state >> 0 ^ state >> 489) & 0xFF
        state = (state & (1 << 521) - 1) >> 8 | new << 513
        yield state & 0xFF


class Congruences(Aes):
    """A linear congruential generator of 64 bits, whose low bits have short periods."""

    found_by = ("CIP-14",)

    def piece(self, stream: Stream, size: int) -> bytes:
        if stream.extra is None:
            stream.extra = congruences(shake_256(stream.key + stream.iv).digest(8))
        return bytes(next(stream.extra) for _ in range(size))


def congruences(seed: bytes) -> Iterator[int]:
    state = int.from_bytes(seed)
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield from (state & (2**64 - 1)).to_bytes(8, "little")


class IvOnKey(Aes):
    """Uses key XOR IV as the key, and counts from zero."""

    found_by = ("CIP-15",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return super().blocks(xor(key, iv + bytes(16)), bytes(16), first, count)


class IvOnTop(Aes):
    """Encrypts the counter alone and XORs the IV on to each block."""

    found_by = ("CIP-15",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return xor(super().blocks(key, bytes(16), first, count), iv * count)


class LinearInKey(Aes):
    """XORs the key, turned by the IV, on to a public keystream."""

    found_by = ("CIP-15",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        public = super().blocks(bytes(32), iv, first, count)
        return xor(public, b"".join(part for part, _ in zip(cycle([key[:16], key[16:]]), range(count), strict=False)))
