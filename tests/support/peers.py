"""Good plugins over `cryptography`, for tests of the framework: X25519 as DHKEM, AES-256-GCM, and a fast stream cipher.

They are plugins like any other, and quick, so that properties of the channel can be tested by the thousand and on
the AEAD path too.
"""

import secrets
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from framework import (
    Aead,
    BulkCipher,
    Encapsulation,
    InvalidKeyError,
    KeyExchange,
    KeyPair,
    MisuseError,
    PrimitiveInfo,
    RandomBytes,
    Status,
    VerificationError,
    hookimpl,
)


class X25519Kem:
    """A KEM over X25519; the shared secret is bound to both public keys (in the manner of RFC 9180's DHKEM)."""

    info = PrimitiveInfo("x25519", "X25519 KEM", 128, Status.RECOMMENDED, "RFC 7748; RFC 9180 §4.1")
    public_key_size = 32
    private_key_size = 32
    ciphertext_size = 32

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        private_key = random_bytes(32)
        return KeyPair(_public(private_key), private_key)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        self.check_public_key(public_key)
        ephemeral = random_bytes(32)
        ciphertext = _public(ephemeral)
        return Encapsulation(ciphertext, _shared(ephemeral, public_key, ciphertext, public_key))

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        private_key, ciphertext = _octets(private_key, 32), _octets(ciphertext, 32)
        return _shared(private_key, ciphertext, ciphertext, _public(private_key))

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        if _exchanged(ANY_SCALAR, _octets(public_key, 32)) is None:
            raise InvalidKeyError("the public key is a point of small order")


ANY_SCALAR = b"\x40" * 32
"""With a point of small order every scalar gives zero, for X25519's scalars are multiples of 8 (RFC 7748 §5, §6.1)."""


def _public(private_key: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def _exchanged(private_key: bytes, peer: bytes) -> bytes | None:
    """The shared secret of X25519, or nothing when it would be zero."""
    try:
        return X25519PrivateKey.from_private_bytes(private_key).exchange(X25519PublicKey.from_public_bytes(peer))
    except ValueError:
        return None


def _shared(private_key: bytes, peer: bytes, *bound: bytes) -> bytes:
    # A ciphertext of small order gets a secret that only the private key gives: implicit rejection.
    secret = _exchanged(private_key, peer) or private_key
    return HKDF(hashes.SHA256(), 32, b"".join(bound), b"x25519 kem").derive(secret)


def _octets(value: object, size: int | None = None) -> bytes:
    """Any buffer as what `bytes(value)` holds; of another size it is an InvalidKeyError."""
    if not isinstance(value, bytes | bytearray | memoryview):
        raise MisuseError(f"bytes are due, not {type(value).__name__}")
    data = bytes(value)
    if size is not None and len(data) != size:
        raise InvalidKeyError(f"{size} bytes are due, not {len(data)}")
    return data


class AesGcm:
    """AES-256-GCM."""

    info = PrimitiveInfo("aes256gcm", "AES-256-GCM", 256, Status.RECOMMENDED, "NIST SP 800-38D")
    key_size = 32
    nonce_size = 12
    tag_size = 16
    max_records_per_key = 2**24

    def context(self, key: bytes) -> "AesGcmContext":
        return AesGcmContext(key)


class AesGcmContext:
    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(_octets(key, 32))

    def seal(self, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
        return self._aead.encrypt(_nonce(nonce), _octets(plaintext), _octets(associated_data))

    def open(self, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
        try:
            return self._aead.decrypt(_nonce(nonce), _octets(ciphertext), _octets(associated_data))
        except InvalidTag:
            raise VerificationError from None


def _nonce(nonce: bytes) -> bytes:
    """One length only: AES-GCM itself takes others, and hashes them to nonces that may collide."""
    if len(_octets(nonce)) != AesGcm.nonce_size:
        raise MisuseError("a nonce has 12 bytes")
    return bytes(nonce)


class AesCtr:
    """AES-256 in counter mode: a bulk cipher that costs nothing."""

    info = PrimitiveInfo("aes256ctr", "AES-256 in counter mode", 256, Status.RECOMMENDED, "NIST SP 800-38A")
    key_size = 32
    iv_size = 16
    max_bytes_per_key = 2**36

    def encryptor(self, key: bytes, iv: bytes) -> "AesCtrStream":
        return AesCtrStream(key, iv)

    def decryptor(self, key: bytes, iv: bytes) -> "AesCtrStream":
        return AesCtrStream(key, iv)

    def check_key(self, key: bytes) -> None:
        _octets(key, 32)


class AesCtrStream:
    def __init__(self, key: bytes, iv: bytes) -> None:
        self._context: CipherContext = Cipher(AES256(_octets(key, 32)), CTR(_octets(iv, 16))).encryptor()

    def encrypt(self, record: bytes) -> bytes:
        return self._context.update(record)

    decrypt = encrypt


@hookimpl
def register_key_exchanges(register: Callable[[KeyExchange], None]) -> None:
    register(X25519Kem())


@hookimpl
def register_bulk_ciphers(register: Callable[[BulkCipher], None]) -> None:
    register(AesCtr())


@hookimpl
def register_aeads(register: Callable[[Aead], None]) -> None:
    register(AesGcm())
