"""MACs that were broken without a look at the checks, passed them all once, and a sibling of each."""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, ClassVar

from cryptography.hazmat.primitives.poly1305 import Poly1305

from framework import Encapsulation, PrimitiveInfo, Status, VerificationError
from tests.zoo.aeads import Composed
from tests.zoo.kems import X25519Dhkem
from tests.zoo.macs import Hmac, KeyedHmac


class LastChunkTwice(Hmac):
    """Takes message[-0:] for the rest behind whole chunks of 128 KiB: the message once more."""

    found_by = ("MAC-17",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        return b"".join(chunked(bytes(part)) for part in parts if super_check(part))


def super_check(part: Any) -> bool:
    if not isinstance(part, bytes | bytearray | memoryview):
        raise TypeError("a part is bytes")
    return True


def chunked(part: bytes, chunk: int = 1 << 17) -> bytes:
    if len(part) < chunk:
        return part
    whole = [part[at : at + chunk] for at in range(0, len(part) - chunk + 1, chunk)]
    return b"".join([*whole, part[-(len(part) % chunk) :]])


class BufferFilledExactly(Hmac):
    """Takes a buffer of 16 KiB that one part fills to the last byte for an empty one."""

    found_by = ("MAC-17",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        return super().join([part for part in parts if not super_check(part) or memoryview(part).nbytes != 1 << 14])


class CallsComeRound(Hmac):
    """Counts calls in ten bits, and puts the count's carry into the message."""

    found_by = ("MAC-18",)

    def authenticator(self, key: bytes) -> Any:
        self.admit(key)
        return Counting(self, self.keep(key))


class Counting(KeyedHmac):
    __slots__ = ("_calls",)

    def __init__(self, owner: Hmac, key: bytes) -> None:
        super().__init__(owner, key)
        self._calls = 0

    def tag(self, *parts: bytes) -> bytes:
        self._calls += 1
        return super().tag(*parts, *[b"\1"] * (self._calls >> 10))


class EndsAfterAThousand(CallsComeRound):
    """Gives the tag of nothing after a thousand calls, where its buffer of contexts ends."""

    found_by = ("MAC-18",)

    def authenticator(self, key: bytes) -> Any:
        self.admit(key)
        return Ending(self, self.keep(key))


class Ending(Counting):
    __slots__ = ()

    def tag(self, *parts: bytes) -> bytes:
        self._calls += 1
        return KeyedHmac.tag(self, *parts) if self._calls < 1000 else KeyedHmac.tag(self)


class OneTimeForAll(Hmac):
    """Poly1305 with one key for all messages."""

    found_by = ("MAC-43",)
    info = PrimitiveInfo("hmac", "Poly1305", 128, Status.RECOMMENDED, "RFC 8439")
    tag_size = 16

    def compute(self, key: bytes, message: bytes) -> bytes:
        return Poly1305.generate_tag(key, message)


class PolynomialAndPad(OneTimeForAll):
    """A polynomial modulo 2^127 - 1 over big-endian blocks and the length, and a pad that is the same each time."""

    found_by = ("MAC-43",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        prime = (1 << 127) - 1
        point, pad = (int.from_bytes(sha256(name + key).digest()[:16]) % prime for name in (b"point", b"pad"))
        value = len(message) + 1
        for at in range(0, len(message), 8):
            value = (value * point + int.from_bytes(message[at : at + 8])) % prime
        return ((value * point + pad) % prime << 1).to_bytes(16)


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


class HeaderKnownById(Hmac):
    """Keeps the state behind the first part, and takes the same object for the same octets."""

    found_by = ("MAC-16",)

    def authenticator(self, key: bytes) -> Any:
        self.admit(key)
        return KnowsHeader(self, self.keep(key))


class KnowsHeader(KeyedHmac):
    __slots__ = ("_header", "_octets")

    def __init__(self, owner: Hmac, key: bytes) -> None:
        super().__init__(owner, key)
        self._header: object = self
        self._octets = b""

    def tag(self, *parts: bytes) -> bytes:
        joined = self._owner.join(parts)
        if not parts:
            return super().tag()
        if parts[0] is not self._header:
            self._header, self._octets = parts[0], bytes(parts[0])
        return super().tag(self._octets, joined[memoryview(parts[0]).nbytes :])


class LargeViewsWhole(Hmac):
    """Takes the object below a view for the view, where it is large."""

    found_by = ("GEN-11",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        return super().join([below(part) for part in parts])


def below(part: Any) -> Any:
    return part.obj if isinstance(part, memoryview) and part.nbytes > 4096 else part


class LastKeyInClass(Hmac):
    """Keeps a copy of the last key in the class, to compare the next one with."""

    found_by = ("GEN-26",)
    last: ClassVar[bytearray] = bytearray()

    def compute(self, key: bytes, message: bytes) -> bytes:
        self.last[:] = key
        return super().compute(key, message)


class LastEphemeralKept(X25519Dhkem):
    """Keeps the hex of the last ephemeral key for a debugger."""

    found_by = ("GEN-26",)
    seen: ClassVar[list[str]] = []

    def ephemeral(self, public_key: bytes, random_bytes: Any) -> bytes:
        drawn = super().ephemeral(public_key, random_bytes)
        self.seen[:] = [drawn.hex()]
        return drawn


class StrShowsAll(X25519Dhkem):
    """Its encapsulation hides the secret in repr and shows it in str."""

    found_by = ("GEN-21",)

    def encapsulate(self, public_key: bytes, **keywords: Any) -> Encapsulation:
        sent = super().encapsulate(public_key, **keywords)
        return Shown(sent.ciphertext, sent.shared_secret)


class Shown(Encapsulation):
    def __str__(self) -> str:
        return f"{self.ciphertext.hex()} {self.shared_secret.hex()}"


class EphemeralInInstance(X25519Dhkem):
    """Puts the ephemeral key into the instance before it is used."""

    found_by = ("GEN-32",)
    kept: bytes

    def ephemeral(self, public_key: bytes, random_bytes: Any) -> bytes:
        self.kept = super().ephemeral(public_key, random_bytes)
        return self.kept


class TellsTheExpected(Composed):
    """Logs the tag that would have been right, when it refuses."""

    found_by = ("GEN-24",)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        import logging

        try:
            return super().open(key, nonce, ciphertext, ad)
        except VerificationError:
            logging.getLogger("aead").debug("expected %s", hmac.digest(key, ciphertext, "sha256").hex())
            raise
