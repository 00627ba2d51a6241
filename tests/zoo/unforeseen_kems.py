"""Key exchanges that were broken without a look at the checks, passed them all once, and a sibling of each."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256, shake_256
from typing import Any

from framework import Encapsulation, KeyPair, PrimitiveInfo, RandomBytes, Status
from tests.contract.kem_answers import p256_scalar
from tests.zoo.kems import Masked, Modulus, P256Dhkem, X25519Dhkem, _point, _shared, blum, draw, hkdf, octets


class NegativePoint(P256Dhkem):
    """Binds the secret to the first coordinate alone: a point and its negative have one secret."""

    found_by = ("KEX-22",)
    info = PrimitiveInfo("p256dhkem", "P-256 as a DHKEM", 128, Status.RECOMMENDED, "SP 800-186; RFC 9180 §4.1")

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        self.check_public_key(public_key)
        ephemeral = p256_scalar(draw(random_bytes, 48))
        ciphertext = _point(ephemeral)
        return Encapsulation(
            ciphertext, self.bind(ciphertext, _shared(ephemeral, bytes(public_key)), bytes(public_key))
        )

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        private_key, ciphertext = octets(private_key, 32), octets(ciphertext, 65)
        scalar = int.from_bytes(private_key)
        try:
            return self.bind(ciphertext, _shared(scalar, ciphertext), _point(scalar))
        except ValueError:
            return sha256(b"zoo dhkem rejection" + private_key + ciphertext).digest()

    def bind(self, ciphertext: bytes, shared: bytes, public_key: bytes) -> bytes:
        return hkdf(ciphertext[1:33] + public_key, shared)


class NotBoundAtAll(NegativePoint):
    """Binds the secret to the public key alone, and the second coordinate has no part in what is shared."""

    found_by = ("KEX-22",)

    def bind(self, ciphertext: bytes, shared: bytes, public_key: bytes) -> bytes:
        return hkdf(public_key, shared)


class UnusedRejectionSecret(Masked):
    """Stores a rejection secret with the private key, and rejects with the public key."""

    found_by = ("KEX-36",)
    private_key_size = 64

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        pair = super().generate_key_pair(random_bytes=random_bytes)
        return KeyPair(pair.public_key, pair.private_key + draw(random_bytes, 32))

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return super().decapsulate(octets(private_key, 64)[:32], ciphertext)

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
        return super().decapsulate(octets(private_key, 48)[16:], ciphertext)


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


class Overrated(Modulus):
    """Claims 128 bits of strength for a modulus of 2,048."""

    found_by = ("KEX-35",)

    def __init__(self) -> None:
        super().__init__()
        self.info: Any = replace(self._kem.info, security_bits=128)
