"""Broken on purpose: plugins whose flaws the checks in `checks/bulk_cipher/mode.py` find."""

from typing import Any

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256

from tests.zoo.bulk_cipher.genuine import Aes, Stream
from tests.zoo.octets import octets


class Feedback(Aes):
    """CFB under the name of CTR."""

    found_by = ("CIP-06", "CIP-51")

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return Fed(Cipher(AES256(octets(key)), CFB(octets(iv))).encryptor())

    def decryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return Fed(Cipher(AES256(octets(key)), CFB(octets(iv))).decryptor())


class Fed:
    def __init__(self, context: Any) -> None:
        self._context = context

    def encrypt(self, record: bytes) -> bytes:
        mixed: bytes = self._context.update(octets(record))
        return mixed

    decrypt = encrypt


class AddsInsteadOfXor(Aes):
    """Adds the keystream to each byte instead of XORing it, and decrypts by subtracting."""

    found_by = ("CIP-06", "CIP-51")

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return Adds(self, octets(key), octets(iv))

    decryptor = encryptor


class Adds(Stream):
    __slots__ = ()

    def encrypt(self, record: bytes) -> bytes:
        record = octets(record)
        stream = self.owner.mix(self, bytes(len(record)))
        return bytes((a + b) % 256 for a, b in zip(record, stream, strict=True))

    def decrypt(self, record: bytes) -> bytes:
        record = octets(record)
        stream = self.owner.mix(self, bytes(len(record)))
        return bytes((a - b) % 256 for a, b in zip(record, stream, strict=True))


class ErasedPage(Aes):
    """Leaves a record of ones as it is, which is a page of flash memory that was erased."""

    found_by = ("CIP-06",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        mixed = super().mix(stream, record)
        return record if len(record) > 16 and set(record) == {0xFF} else mixed


class TabsToSpaces(Aes):
    """Encrypts a text with spaces for its tabs."""

    found_by = ("CIP-06",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        return super().mix(stream, record.replace(b"\t", b" ") if len(record) > 8 and record.isascii() else record)
