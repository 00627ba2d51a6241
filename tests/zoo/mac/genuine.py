"""Good plugins, and what specimens are made of."""

import hmac
from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from framework import InvalidKeyError, PrimitiveInfo, Status, VerificationError
from tests.zoo.species import MacSpecimen


class Hmac(MacSpecimen):
    """The good one, in pieces that a specimen replaces."""

    good = True
    info = PrimitiveInfo("hmac", "HMAC-SHA-256", 256, Status.RECOMMENDED, "RFC 2104; FIPS 198-1")
    key_size = 32
    tag_size = 32

    def authenticator(self, key: bytes) -> Any:
        self.admit(key)
        return KeyedHmac(self, self.keep(key))

    def admit(self, key: bytes) -> None:
        if not isinstance(key, bytes | bytearray | memoryview):
            raise TypeError("a key is bytes")
        if memoryview(key).nbytes != 32:
            raise InvalidKeyError("a key has 32 bytes")

    def keep(self, key: bytes) -> bytes:
        return bytes(key)

    def join(self, parts: Sequence[bytes]) -> bytes:
        for part in parts:
            if not isinstance(part, bytes | bytearray | memoryview):
                raise TypeError("a part is bytes")
        return b"".join(bytes(part) for part in parts)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return hmac.digest(key, message, "sha256")

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        if not isinstance(tag, bytes | bytearray | memoryview):
            raise TypeError("a tag is bytes")
        if not self.same(self.compute(key, self.join(parts)), bytes(tag)):
            raise VerificationError
        return None

    def same(self, expected: bytes, tag: bytes) -> bool:
        return hmac.compare_digest(expected, tag)


class KeyedHmac:
    __slots__ = ("_key", "_owner")

    def __init__(self, owner: Hmac, key: bytes) -> None:
        self._owner = owner
        self._key = key

    def tag(self, *parts: bytes) -> bytes:
        return self._owner.compute(self._key, self._owner.join(parts))

    def verify(self, tag: bytes, *parts: bytes) -> Any:
        return self._owner.verify(self._key, tag, parts)

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError("holds a key")


class HmacOfCryptography(MacSpecimen):
    """A second good one, over OpenSSL."""

    good = True
    info = PrimitiveInfo("hmac", "HMAC-SHA-256 by OpenSSL", 256, Status.RECOMMENDED, "RFC 2104; FIPS 198-1")
    key_size = 32
    tag_size = 32

    def authenticator(self, key: bytes) -> "AuthenticatorOfCryptography":
        return AuthenticatorOfCryptography(bytes(memoryview(key)))


class AuthenticatorOfCryptography:
    __slots__ = ("_context",)

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise InvalidKeyError("a key has 32 bytes")
        self._context = HMAC(key, hashes.SHA256())

    def _after(self, parts: Sequence[bytes]) -> HMAC:
        context = self._context.copy()
        for part in parts:
            context.update(bytes(memoryview(part)))
        return context

    def tag(self, *parts: bytes) -> bytes:
        return self._after(parts).finalize()

    def verify(self, tag: bytes, *parts: bytes) -> None:
        context = self._after(parts)
        try:
            context.verify(bytes(memoryview(tag)))
        except InvalidSignature:
            raise VerificationError from None
