"""Primitives that do their work and keep a record of how they were called."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from framework import (
    AeadContext,
    Authenticator,
    Decryptor,
    Encapsulation,
    Encryptor,
    InvalidKeyError,
    KeyPair,
    RandomBytes,
)
from plugins.hmac_sha256.mac import HmacSha256
from tests.support.peers import AesCtr, AesGcm, X25519Kem


@dataclass
class Record:
    """What the spies saw: the order of calls, and the keys."""

    calls: list[str] = field(default_factory=list)
    encryptors: list[tuple[bytes, bytes]] = field(default_factory=list)
    decryptors: list[tuple[bytes, bytes]] = field(default_factory=list)
    mac_keys: list[bytes] = field(default_factory=list)
    aead_keys: list[bytes] = field(default_factory=list)
    nonces: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Key and nonce of every seal."""
    shared_secrets: list[bytes] = field(default_factory=list)


class SpyCipher(AesCtr):
    """AES-CTR that records; `is_weak` says of a key, by the number of the question, whether to call it weak."""

    def __init__(self, record: Record | None = None, is_weak: Callable[[int], bool] = lambda _: False) -> None:
        self.record = record or Record()
        self.questions: list[bytes] = []
        self._is_weak = is_weak

    def check_key(self, key: bytes) -> None:
        super().check_key(key)
        self.questions.append(key)
        if self._is_weak(len(self.questions) - 1):
            raise InvalidKeyError(f"weak: {key.hex()}")

    def encryptor(self, key: bytes, iv: bytes) -> Encryptor:  # type: ignore[override]
        self.record.encryptors.append((key, iv))
        return SpyStream(super().encryptor(key, iv), self.record)

    def decryptor(self, key: bytes, iv: bytes) -> Decryptor:  # type: ignore[override]
        self.record.decryptors.append((key, iv))
        return SpyStream(super().decryptor(key, iv), self.record)


class SpyStream:
    """One direction that records each call."""

    def __init__(self, inner: Encryptor, record: Record) -> None:
        self._inner = inner
        self._record = record

    def encrypt(self, record: bytes) -> bytes:
        self._record.calls.append("encrypt")
        return self._inner.encrypt(record)

    def decrypt(self, record: bytes) -> bytes:
        self._record.calls.append("decrypt")
        return self._inner.encrypt(record)


class SpyMac(HmacSha256):
    """HMAC that records."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def authenticator(self, key: bytes) -> Authenticator:
        self.record.mac_keys.append(key)
        return SpyAuthenticator(super().authenticator(key), self.record)


class SpyAuthenticator:
    """A keyed MAC that records each call."""

    def __init__(self, inner: Authenticator, record: Record) -> None:
        self._inner = inner
        self._record = record

    def tag(self, *parts: bytes) -> bytes:
        self._record.calls.append("tag")
        return self._inner.tag(*parts)

    def verify(self, tag: bytes, *parts: bytes) -> None:
        self._record.calls.append("verify")
        self._inner.verify(tag, *parts)


class SpyAead(AesGcm):
    """AES-GCM that records."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def context(self, key: bytes) -> AeadContext:  # type: ignore[override]
        self.record.aead_keys.append(key)
        return SpyAeadContext(super().context(key), key, self.record)


class SpyAeadContext:
    """A keyed AEAD that records each call."""

    def __init__(self, inner: AeadContext, key: bytes, record: Record) -> None:
        self._inner = inner
        self._key = key
        self._record = record

    def seal(self, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
        self._record.nonces.append((self._key, nonce))
        return self._inner.seal(nonce, plaintext, associated_data)

    def open(self, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
        self._record.calls.append("open")
        return self._inner.open(nonce, ciphertext, associated_data)


class SpyKem(X25519Kem):
    """X25519 that records calls and shared secrets."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        self.record.calls.append("generate_key_pair")
        return super().generate_key_pair(random_bytes=random_bytes)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        self.record.calls.append("encapsulate")
        result = super().encapsulate(public_key, random_bytes=random_bytes)
        self.record.shared_secrets.append(result.shared_secret)
        return result

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        self.record.calls.append("decapsulate")
        return super().decapsulate(private_key, ciphertext)

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        self.record.calls.append(f"check_public_key pinned={pinned}")
        super().check_public_key(public_key, pinned=pinned)
