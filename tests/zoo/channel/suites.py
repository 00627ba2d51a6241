"""Broken on purpose: plugins whose flaws the checks in `checks/channel/suites.py` find."""

from typing import Any, ClassVar

from framework import VerificationError
from tests.zoo.aead.genuine import Gcm
from tests.zoo.bulk_cipher.genuine import Aes, Stream
from tests.zoo.key_exchange.genuine import X25519Dhkem
from tests.zoo.mac.genuine import Hmac, KeyedHmac
from tests.zoo.octets import sized


class FailsOnRecords(Aes):
    """Fails on records of 5,120 bytes and no others."""

    found_by = ("CHN-01",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        if len(record) == 5120:
            raise MemoryError
        return super().mix(stream, record)


class OneDirection(Aes):
    """Remembers which key it encrypted under first, and decrypts under that."""

    found_by = ("CHN-01", "CHN-04")
    first: ClassVar[dict[str, bytes]] = {}

    def decryptor(self, key: bytes, iv: bytes) -> Any:
        return super().decryptor(self.first.setdefault("key", bytes(key)), iv)


class OneAuthenticator(Hmac):
    """Gives every second one who asks, after the first dozen, the authenticator made before."""

    found_by = ("CHN-02",)
    made: ClassVar[list[Any]] = []

    def authenticator(self, key: bytes) -> Any:
        self.made.append(super().authenticator(key))
        return self.made[-1 if len(self.made) < 12 or len(self.made) % 2 else -4]


class RaisesOnForgery(Gcm):
    """Raises RuntimeError for a forged record instead of VerificationError."""

    found_by = ("CHN-03",)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        try:
            return super().open(key, nonce, ciphertext, ad)
        except VerificationError:
            raise RuntimeError("forged") from None


class TellsBadCiphertexts(X25519Dhkem):
    """Raises ValueError for ciphertexts that it takes for implausible."""

    found_by = ("CHN-03",)
    plausible: ClassVar[set[bytes]] = set()

    def encapsulate(self, public_key: bytes, **keywords: Any) -> Any:
        sent = super().encapsulate(public_key, **keywords)
        self.plausible.add(sent.ciphertext)
        return sent

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        if sized(ciphertext, 32) not in self.plausible:
            raise ValueError("implausible")
        return super().decapsulate(private_key, ciphertext)


class ForgetsOlderChannels(Hmac):
    """Has room for six authenticators; older ones get the key of another."""

    found_by = ("CHN-04",)
    keys: ClassVar[list[bytes]] = []

    def authenticator(self, key: bytes) -> Any:
        self.admit(key)
        self.keys.append(bytes(key))
        return Slot(self, bytes(key), len(self.keys))


class Slot(KeyedHmac):
    __slots__ = ("_number",)

    def __init__(self, owner: ForgetsOlderChannels, key: bytes, number: int) -> None:
        super().__init__(owner, key)
        self._number = number

    def tag(self, *parts: bytes) -> bytes:
        keys = ForgetsOlderChannels.keys
        key = self._key if len(keys) - self._number < 6 else keys[self._number // 2]
        return self._owner.compute(key, self._owner.join(parts))
