"""Broken on purpose: plugins whose flaws the checks in `checks/key_exchange/private_keys.py` find."""

import secrets
from collections.abc import Callable
from hashlib import sha256, shake_256

from framework import KeyPair, RandomBytes
from tests.zoo.key_exchange.genuine import Masked, Modulus, X25519Dhkem, blum, draw, hkdf
from tests.zoo.octets import sized


class UnusedRejectionSecret(Masked):
    """Stores a rejection secret with the private key, and rejects with the public key."""

    found_by = ("KEX-36",)
    private_key_size = 64

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        pair = super().generate_key_pair(random_bytes=random_bytes)
        return KeyPair(pair.public_key, pair.private_key + draw(random_bytes, 32))

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return super().decapsulate(sized(private_key, 64)[:32], ciphertext)

    def rejected(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return hkdf(ciphertext + self._dh.public(private_key), b"rejected")


class TailOfKeyUnused(X25519Dhkem):
    """Keeps 16 bytes before the scalar for a use that never came."""

    found_by = ("KEX-36",)
    private_key_size = 48

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        pair = super().generate_key_pair(random_bytes=random_bytes)
        return KeyPair(pair.public_key, draw(random_bytes, 16) + pair.private_key)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return super().decapsulate(sized(private_key, 48)[16:], ciphertext)


class StretchedSeed(X25519Dhkem):
    """Makes the private key of eight of the 32 bytes drawn."""

    found_by = ("KEX-14",)

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        private_key = sha256(draw(random_bytes, 32)[-8:]).digest()
        return KeyPair(self.public(private_key), private_key)


class SeedOfAnInteger(X25519Dhkem):
    """Makes the private key of the first eight of the 64 bytes drawn, read as a number."""

    found_by = ("KEX-14",)

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        seed = int.from_bytes(draw(random_bytes, 64)) >> 448
        private_key = sha256(seed.to_bytes(8)).digest()
        return KeyPair(self.public(private_key), private_key)


class PrimesOfShortSeeds(Modulus):
    """Stretches the first eight bytes of each draw to a prime."""

    found_by = ("KEX-14",)

    def primes(self, start: Callable[[int], int]) -> tuple[int, int]:
        return _stretched(start), _stretched(start)


def _stretched(start: Callable[[int], int]) -> int:
    seed = start(1024).to_bytes(128)[:8]
    return blum(int.from_bytes(shake_256(seed).digest(128)) | 3 << 1022)
