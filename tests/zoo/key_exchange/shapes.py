"""Broken on purpose: plugins whose flaws the checks in `checks/key_exchange/shapes.py` find."""

import secrets

from framework import Encapsulation, RandomBytes
from tests.zoo.key_exchange.genuine import X25519Dhkem
from tests.zoo.octets import sized


class LettersOfPrivateKey(X25519Dhkem):
    """Folds the case of the last two bytes of a private key, where they are letters."""

    found_by = ("KEX-07",)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        key = sized(private_key, 32)
        return super().decapsulate(key[:-2] + key[-2:].lower() if key[-2:].isalpha() else key, ciphertext)


class LetterOfPublicKey(X25519Dhkem):
    """Encapsulates to a public key whose last byte, where it is a letter, is in lower case."""

    found_by = ("KEX-07",)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        key = sized(public_key, 32)
        return super().encapsulate(key[:-1] + key[-1:].lower(), random_bytes=random_bytes)


class DigitsDrawn(X25519Dhkem):
    """Takes random bytes that end in four digits for a number in the other byte order."""

    found_by = ("KEX-07",)

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        drawn = super().ephemeral(public_key, random_bytes)
        return drawn[::-1] if drawn[-4:].isdigit() else drawn
