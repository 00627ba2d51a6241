"""Oracles for the tests of the kit: right ones by OpenSSL, hashlib and plain integers, and such as do not serve."""

import time
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from plugins.hmac_sha256.mac import HmacSha256
from tests.contract.answers import aes_ctr, triple_des
from tests.contract.kem_answers import NINE, hkdf, x25519, x25519_secret

__all__ = ["aes_ctr", "triple_des"]


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """HMAC as RFC 2104 writes it, by hashlib's hash alone."""
    block = key.ljust(64, b"\0")
    inner = sha256(bytes(byte ^ 0x36 for byte in block) + message).digest()
    return sha256(bytes(byte ^ 0x5C for byte in block) + inner).digest()


def aes_gcm(key: bytes, nonce: bytes, associated_data: bytes, plaintext: bytes) -> bytes:
    return AESGCM(key).encrypt(nonce, plaintext, associated_data)


def x25519_dhkem(private_key: bytes, ciphertext: bytes) -> bytes:
    return x25519_secret(private_key, ciphertext, ciphertext, x25519(private_key, NINE))


def x25519_peer(private_key: bytes, ciphertext: bytes) -> bytes:
    """What `tests.support.peers.X25519Kem` defines, by integers."""
    shared = x25519(private_key, ciphertext)
    return hkdf(ciphertext + x25519(private_key, NINE), shared if any(shared) else private_key, b"x25519 kem")


def wrong_beyond_5000(key: bytes, message: bytes) -> bytes:
    return hmac_sha256(key, message[:5000])


def the_plugin_in_disguise(key: bytes, message: bytes) -> bytes:
    return HmacSha256().authenticator(key).tag(message)


def raises(*_: bytes) -> bytes:
    raise LookupError("an oracle's own fault")


def gives_text(key: bytes, message: bytes) -> str:
    return hmac_sha256(key, message).hex()


def hangs(*_: bytes) -> bytes:
    while True:
        time.sleep(0.01)


NO_FUNCTION = b"octets"
