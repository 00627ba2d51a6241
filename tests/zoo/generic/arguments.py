"""Broken on purpose: plugins whose flaws the checks in `checks/generic/arguments.py` find."""

from collections.abc import Sequence
from typing import Any

from framework import (
    InvalidKeyError,
)
from tests.zoo.bulk_cipher.genuine import Aes, Stream
from tests.zoo.mac.genuine import Hmac
from tests.zoo.octets import octets


class StridesIgnored(Hmac):
    """Reads a view with strides as if it lay in one piece."""

    found_by = ("GEN-11",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        return b"".join(flat(part) for part in parts)


def flat(part: Any) -> bytes:
    return bytes(part.obj)[: len(part)] if isinstance(part, memoryview) else bytes(memoryview(part))


class CountsItems(Hmac):
    """Counts the items of a buffer, not its octets."""

    found_by = ("GEN-11",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        return b"".join(bytes(memoryview(part))[: len(part)] for part in super_check(parts))


def super_check(parts: Sequence[bytes]) -> Sequence[bytes]:
    for part in parts:
        if not isinstance(part, bytes | bytearray | memoryview):
            raise TypeError("bytes are due")
    return parts


class TakesIntegers(Hmac):
    """bytes(key) of whatever it is given: an int becomes zeros."""

    found_by = ("GEN-12",)

    def admit(self, key: Any) -> None:
        if len(bytes(key)) != 32:
            raise InvalidKeyError("a key has 32 bytes")

    def keep(self, key: Any) -> bytes:
        return bytes(key)


class EncodesText(Aes):
    """Encodes text as UTF-8."""

    found_by = ("GEN-12",)

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return Utf8(self, octets(key), octets(iv))


class Utf8(Stream):
    __slots__ = ()

    def encrypt(self, record: Any) -> bytes:
        return super().encrypt(record.encode() if isinstance(record, str) else record)


class AttributeErrorForText(Hmac):
    """Lets an AttributeError through when a part is no bytes."""

    found_by = ("GEN-12",)

    def join(self, parts: Sequence[Any]) -> bytes:
        return b"".join(part if hasattr(part, "hex") else part.tobytes() for part in parts)


class KeepsTheBuffer(Hmac):
    """Keeps the caller's key buffer."""

    found_by = ("GEN-13",)

    def keep(self, key: bytes) -> bytes:
        return key


class WipesTheCaller(Aes):
    """Wipes the key buffer that the caller still needs."""

    found_by = ("GEN-13",)

    def encryptor(self, key: Any, iv: bytes) -> Any:
        stream = super().encryptor(key, iv)
        if isinstance(key, bytearray):
            key[:] = bytes(len(key))
        return stream


class LargeViewsWhole(Hmac):
    """Takes the object below a view for the view, where it is large."""

    found_by = ("GEN-11",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        return super().join([below(part) for part in parts])


def below(part: Any) -> Any:
    return part.obj if isinstance(part, memoryview) and part.nbytes > 4096 else part


class DecryptsInPlace(Aes):
    """Decrypts a view that can be written to in its place."""

    found_by = ("GEN-13",)

    def decryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return InPlace(self, octets(key), octets(iv))


class InPlace(Stream):
    __slots__ = ()

    def decrypt(self, record: Any) -> bytes:
        plaintext = super().decrypt(record)
        if isinstance(record, memoryview) and not record.readonly and record.c_contiguous:
            record.cast("B")[:] = plaintext
        return plaintext
