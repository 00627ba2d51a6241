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
        if len(private_key) != 32 or len(ciphertext) != 32:
            raise InvalidKeyError("a private key and a ciphertext have 32 bytes each")
        return _shared(private_key, ciphertext, ciphertext, _public(private_key))

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        if len(public_key) != 32:
            raise InvalidKeyError("a public key has 32 bytes")


def _public(private_key: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def _shared(private_key: bytes, peer: bytes, *bound: bytes) -> bytes:
    try:
        secret = X25519PrivateKey.from_private_bytes(private_key).exchange(X25519PublicKey.from_public_bytes(peer))
    except ValueError:  # a point of small order: another secret, as the interface demands
        secret = private_key
    return HKDF(hashes.SHA256(), 32, b"".join(bound), b"x25519 kem").derive(secret)


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
        if len(key) != 32:
            raise InvalidKeyError("a key has 32 bytes")
        self._aead = AESGCM(key)

    def seal(self, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
        return self._aead.encrypt(nonce, plaintext, associated_data)

    def open(self, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
        try:
            return self._aead.decrypt(nonce, ciphertext, associated_data)
        except InvalidTag:
            raise VerificationError from None


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
        if len(key) != 32:
            raise InvalidKeyError("a key has 32 bytes")


class AesCtrStream:
    def __init__(self, key: bytes, iv: bytes) -> None:
        if len(key) != 32 or len(iv) != 16:
            raise InvalidKeyError("a key has 32 bytes and an IV 16")
        self._context: CipherContext = Cipher(AES256(key), CTR(iv)).encryptor()

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
