"""Broken on purpose: plugins whose flaws the checks in `checks/key_exchange/randomness.py` find."""

import secrets
from hashlib import sha256
from itertools import count
from typing import Any, ClassVar

from framework import KeyPair, RandomBytes
from tests.zoo.key_exchange.genuine import X25519Dhkem, draw


class OwnRandomness(X25519Dhkem):
    """Draws from `secrets` whatever source it is given."""

    found_by = ("KEX-11", "KEX-13")

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        return secrets.token_bytes(32)


class OwnKeyRandomness(X25519Dhkem):
    """Draws keys from `secrets`, ephemerals from the source."""

    found_by = ("KEX-11",)

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        return super().generate_key_pair()


class CounterKeys(X25519Dhkem):
    """Makes the n-th ephemeral from a counter."""

    found_by = ("KEX-11", "KEX-12")
    counter: ClassVar[Any] = count()

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        return sha256(b"ephemeral" + next(self.counter).to_bytes(8)).digest()


class ThirtyTwoBits(X25519Dhkem):
    """Stretches four random bytes to a key."""

    found_by = ("KEX-12",)

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        private_key = sha256(draw(random_bytes, 4)).digest()
        return KeyPair(self.public(private_key), private_key)


class ThrowsHalfAway(X25519Dhkem):
    """Draws 32 bytes and uses 8 of them."""

    found_by = ("KEX-12",)

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        return sha256(draw(random_bytes, 32)[:8]).digest()


class FallsBack(X25519Dhkem):
    """Falls back to a hash of the public key when the source fails."""

    found_by = ("KEX-13",)

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        try:
            return super().ephemeral(public_key, random_bytes)
        except OSError:
            return sha256(public_key).digest()


class TakesShortReads(X25519Dhkem):
    """Fills up what the source gave too little."""

    found_by = ("KEX-13",)

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        drawn: Any = random_bytes(32)
        return bytes(drawn).ljust(32, b"\0") if isinstance(drawn, bytes) else draw(random_bytes, 32)


class WaitsForAnother(X25519Dhkem):
    """Draws until two draws differ."""

    hangs = True
    found_by = ("KEX-13",)

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        drawn = draw(random_bytes, 32)
        while drawn == draw(random_bytes, 32):
            pass
        return drawn
