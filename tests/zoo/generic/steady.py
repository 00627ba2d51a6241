"""Broken on purpose: plugins whose flaws the checks in `checks/generic/steady.py` find."""

from typing import Any, ClassVar
from weakref import WeakValueDictionary

from tests.zoo.aead.genuine import Context, Gcm
from tests.zoo.bulk_cipher.genuine import Aes, Stream
from tests.zoo.mac.genuine import Hmac, KeyedHmac
from tests.zoo.octets import octets, xor


class Reusable(Stream):
    """A stream that a weak dictionary can hold."""

    __slots__ = ("__weakref__",)


class LiveStreams(Aes):
    """Hands out the live encryptor again for the same key and IV, in the middle of its stream."""

    found_by = ("GEN-06",)
    live: ClassVar[WeakValueDictionary[tuple[bytes, bytes], Reusable]] = WeakValueDictionary()

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return self.live.setdefault((octets(key), octets(iv)), Reusable(self, octets(key), octets(iv)))


class LiveDecryptors(LiveStreams):
    """Hands out the live decryptor again for the same key and IV; encryptors are new each time."""

    found_by = ("GEN-06",)
    live: ClassVar[WeakValueDictionary[tuple[bytes, bytes], Reusable]] = WeakValueDictionary()

    def decryptor(self, key: bytes, iv: bytes) -> Any:
        return super().encryptor(key, iv)

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        return Aes.encryptor(self, key, iv)


class OneRest(Aes):
    """Keeps what is left of the last block of keystream on the class, for all streams."""

    found_by = ("GEN-05",)
    rest: ClassVar[bytearray] = bytearray()

    def piece(self, stream: Stream, size: int) -> bytes:
        blocks = -(-max(0, size - len(self.rest)) // 16)
        first, stream.extra = stream.extra or 0, (stream.extra or 0) + blocks
        made = bytes(self.rest) + self.blocks(stream.key, stream.iv, first, blocks)
        self.rest[:] = made[size:]
        return made[:size]


class WipesForAll(Aes):
    """Shares the expanded key among the streams of one key, and wipes it when the first of them goes."""

    found_by = ("GEN-06",)
    expanded: ClassVar[dict[bytes, bytearray]] = {}

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        shared = self.expanded.setdefault(octets(key), bytearray(octets(key)))
        return Wiping(self, shared, octets(iv))  # type: ignore[arg-type]

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return super().blocks(bytes(key), iv, first, count)


class Wiping(Stream):
    def __del__(self) -> None:
        WipesForAll.expanded.pop(bytes(self.key), None)
        self.key[:] = bytes(32)  # type: ignore[index] # the one that is shared


class OneHash(Hmac):
    """Counts the calls of all authenticators together, and begins every message with the low bit of that."""

    found_by = ("GEN-05",)
    count: ClassVar[int] = 0

    def compute(self, key: bytes, message: bytes) -> bytes:
        type(self).count += 1
        return super().compute(key, bytes([type(self).count & 1]) + message)


class WipesTheMacKey(Hmac):
    """Shares the key's buffer among the authenticators of one key, and wipes it when the first of them goes."""

    found_by = ("GEN-06",)
    kept: ClassVar[dict[bytes, bytearray]] = {}

    def authenticator(self, key: bytes) -> Any:
        self.admit(key)
        return WipingMac(self, self.kept.setdefault(bytes(key), bytearray(key)))  # type: ignore[arg-type]


class WipingMac(KeyedHmac):
    def __del__(self) -> None:
        WipesTheMacKey.kept.pop(bytes(self._key), None)
        self._key[:] = bytes(32)  # type: ignore[index] # the one that is shared


class LiveContexts(Gcm):
    """Hands out the live context of a key again, which counts what it has sealed into the nonce."""

    found_by = ("GEN-06",)
    live: ClassVar[WeakValueDictionary[bytes, "Counting"]] = WeakValueDictionary()

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return self.live.setdefault(octets(key), Counting(self, octets(key)))


class Counting(Context):
    __slots__ = ("__weakref__", "sealed")

    def __init__(self, owner: Gcm, key: bytes) -> None:
        super().__init__(owner, key)
        self.sealed = 0

    def seal(self, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
        self.sealed += 1
        return super().seal(xor(octets(nonce), self.sealed.to_bytes(12)), plaintext, associated_data)
