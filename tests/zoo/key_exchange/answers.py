"""Broken on purpose: plugins whose flaws the checks in `checks/key_exchange/answers.py` find."""

from hashlib import sha256

from framework import RandomBytes
from tests.zoo.key_exchange.genuine import X25519Dhkem, draw, hkdf


class AnotherLabel(X25519Dhkem):
    """Derives the secret with another label."""

    found_by = ("KEX-51", "KEX-52")

    def derive(self, shared: bytes, ciphertext: bytes, public_key: bytes) -> bytes:
        return hkdf(public_key + ciphertext, shared)


class AnotherRejection(X25519Dhkem):
    """Rejects as nobody else does."""

    found_by = ("KEX-51",)

    def reject(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return sha256(ciphertext + private_key).digest()


class DrawsTwice(X25519Dhkem):
    """Draws the halves of its randomness in the other order."""

    found_by = ("KEX-52",)

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        last = draw(random_bytes, 16)
        return draw(random_bytes, 16) + last


class GenuineAnswersOnly(X25519Dhkem):
    """Right, but its known answers have no bad ciphertext."""

    found_by = ("KEX-53",)
    vectors = "tests/zoo/few_answers.json"
