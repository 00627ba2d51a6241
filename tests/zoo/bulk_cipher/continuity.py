"""Broken on purpose: plugins whose flaws the checks in `checks/bulk_cipher/continuity.py` find."""

from typing import Any

from tests.zoo.bulk_cipher.genuine import Aes, Stream
from tests.zoo.octets import xor


class FailsAbove64K(Aes):
    """Encrypts no more than 65,536 bytes of a record."""

    found_by = ("CIP-04",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        return (
            super().mix(stream, record[:65_536]) + record[65_536:] if record[65_537:] else super().mix(stream, record)
        )

    def decryptor(self, key: bytes, iv: bytes) -> Any:
        return Aes().decryptor(key, iv)


class BlockPerRecord(Aes):
    """Begins each record at the next whole block."""

    found_by = ("CIP-03",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        mixed = super().mix(stream, record)
        stream.position += -stream.position % 16
        return mixed


class LosesPartialBlock(Aes):
    """Forgets the position within a block when the record was shorter than one."""

    found_by = ("CIP-03",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        mixed = super().mix(stream, record)
        if 0 < len(record) < 16 and stream.position > 32:
            stream.position += -stream.position % 16
        return mixed


class DisclaimsContinuity(Aes):
    """Claims that it is no one stream, and is one."""

    found_by = ("CIP-03",)
    vectors = "tests/zoo/false_claims.json"


class FastPathDiffers(Aes):
    """Above 256 KiB a fast path begins a block too late."""

    found_by = ("CIP-04",)

    def piece(self, stream: Stream, size: int) -> bytes:
        if size <= 1 << 18:
            return super().piece(stream, size)
        return super().piece(stream, 1 << 18) + bytes(size - (1 << 18))


class BatchBoundary(Aes):
    """Loses a byte of keystream at every 65,536th byte, if a record crosses it."""

    found_by = ("CIP-04",)

    def piece(self, stream: Stream, size: int) -> bytes:
        before = stream.position // 65_536
        crosses = stream.position % 65_536 and (stream.position + size) // 65_536 > before and size > 10_000
        return super().piece(stream, size) if not crosses else self._late(stream, size)

    def _late(self, stream: Stream, size: int) -> bytes:
        left = -stream.position % 65_536
        stream.position += left + 1
        rest = super().piece(stream, size - left)
        stream.position -= left + 1
        return super().piece(stream, left) + rest


class SectorPath(Aes):
    """Encrypts a record of 512 bytes as a sector, from another place in the keystream."""

    found_by = ("CIP-03",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        if len(record) != 512:
            return super().mix(stream, record)
        stream.position += 512
        return xor(record, self.blocks(stream.key, stream.iv, 1 << 100 | stream.position, 32))


class PacketPath(Aes):
    """Begins a record of 1,500 bytes, the size of a packet, a block too early."""

    found_by = ("CIP-03",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        early = 16 if len(record) == 1500 and stream.position >= 16 else 0
        stream.position -= early
        mixed = super().mix(stream, record)
        stream.position += early
        return mixed
