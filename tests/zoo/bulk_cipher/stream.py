"""Broken on purpose: plugins whose flaws the checks in `checks/bulk_cipher/stream.py` find."""

from typing import Any, ClassVar

from tests.zoo.bulk_cipher.genuine import Aes, Stream
from tests.zoo.octets import octets


class PadsToBlocks(Aes):
    """Gives whole blocks, whatever the record's size."""

    found_by = ("CIP-01",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        return super().mix(stream, record + bytes(-len(record) % 16))


class DropsPartialBlock(Aes):
    """Drops what is beyond the last whole block."""

    found_by = ("CIP-01",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        return super().mix(stream, record[: len(record) // 16 * 16] or record)


class EmptyGivesNone(Aes):
    """Gives None for an empty record."""

    found_by = ("CIP-01",)

    def mix(self, stream: Stream, record: bytes) -> Any:
        return super().mix(stream, record) if record else None


class EmptyRaises(Aes):
    """Fails on an empty record."""

    found_by = ("CIP-01",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        if not record:
            raise ValueError("nothing to encrypt")
        return super().mix(stream, record)


class RandomIv(Aes):
    """Mixes fresh randomness into the IV that it is given, and tells nobody."""

    found_by = ("CIP-01",)

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        import secrets

        return super().encryptor(key, iv[:8] + secrets.token_bytes(8))


class DecryptsDifferently(Aes):
    """The decryptor begins at the second block."""

    found_by = ("CIP-01",)

    def decryptor(self, key: bytes, iv: bytes) -> Any:
        stream = super().decryptor(key, iv)
        stream.position = 16
        return stream


class SharedPosition(Aes):
    """Keeps the position in the class."""

    found_by = ("CIP-02",)
    position: ClassVar[int] = 0

    def mix(self, stream: Stream, record: bytes) -> bytes:
        stream.position = type(self).position if stream.position else 0
        mixed = super().mix(stream, record)
        type(self).position = stream.position
        return mixed


class EmptyRecordCounts(Aes):
    """An empty record moves the encryptor on by a block."""

    found_by = ("CIP-02", "CIP-03")

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return StepsOnEmpty(self, octets(key), octets(iv))


class StepsOnEmpty(Stream):
    __slots__ = ()

    def encrypt(self, record: bytes) -> bytes:
        if not record:
            self.position += 16
        return super().encrypt(record)


class FailureMovesOn(Aes):
    """A call that fails has moved the position on already."""

    found_by = ("CIP-02",)

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return MovesFirst(self, octets(key), octets(iv))


class MovesFirst(Stream):
    __slots__ = ()

    def encrypt(self, record: Any) -> bytes:
        if not isinstance(record, bytes):
            self.position += 1
        return super().encrypt(record)


class DecryptorIgnoresIv(Aes):
    """Takes the IV from the ciphertext's sender out of band: the decryptor uses the last one encrypted under."""

    found_by = ("CIP-05",)
    last: ClassVar[bytes] = bytes(16)

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        stream = super().encryptor(key, iv)
        type(self).last = octets(iv)
        return stream

    def decryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return super().decryptor(key, type(self).last)


class NullCipher(Aes):
    """Encrypts nothing."""

    found_by = ("CIP-05", "CIP-12")

    def mix(self, stream: Stream, record: bytes) -> bytes:
        return record


class BothMoveOn(Aes):
    """Moves the position on before it looks at the type, in both directions alike."""

    found_by = ("CIP-02",)

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return MovesBoth(self, octets(key), octets(iv))

    decryptor = encryptor


class MovesBoth(Stream):
    __slots__ = ()

    def encrypt(self, record: Any) -> bytes:
        if not isinstance(record, bytes | bytearray | memoryview):
            self.position += 4
        return super().encrypt(record)

    decrypt = encrypt
