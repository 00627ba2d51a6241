"""Broken on purpose: plugins whose flaws the checks in `checks/aead/sealing.py` find."""

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from framework import MisuseError
from tests.zoo.aead.genuine import Composed, Gcm


class TagOfEightBytes(Gcm):
    """Declares tags of 8 bytes, and gives 16."""

    found_by = ("AEAD-01",)
    tag_size = 8


class RefusesEmpty(Gcm):
    """Refuses an empty plaintext."""

    found_by = ("AEAD-01",)

    def seal(self, key: bytes, nonce: bytes, plaintext: bytes, ad: bytes) -> bytes:
        if not plaintext:
            raise MisuseError("nothing to seal")
        return super().seal(key, nonce, plaintext, ad)


class LastBlockClear(Composed):
    """Leaves the last partial block in the clear; the tag is right."""

    found_by = ("AEAD-08",)

    def mix(self, key: bytes, nonce: bytes, data: bytes) -> bytes:
        whole = len(data) // 16 * 16
        return super().mix(key, nonce, data[:whole]) + data[whole:]


class EncryptAndMac(Composed):
    """The tag is of the plaintext alone: equal messages have equal tags."""

    found_by = ("AEAD-08",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return super().mac(key, b"", plaintext, b"", ad)


class NonceIsCounter(Composed):
    """Uses the nonce as the counter itself, so that neighbours overlap."""

    found_by = ("AEAD-08",)

    def mix(self, key: bytes, nonce: bytes, data: bytes) -> bytes:
        return Cipher(AES256(key), CTR(bytes(4) + nonce)).encryptor().update(data)


class LineEnds(Gcm):
    """Opens a text to one with the line ends of this system."""

    found_by = ("AEAD-01",)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        plaintext = super().open(key, nonce, ciphertext, ad)
        return plaintext.replace(b"\r\n", b"\n") if plaintext.isascii() else plaintext


class BlankSealed(Gcm):
    """Opens a message of white space to nothing."""

    found_by = ("AEAD-01",)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        plaintext = super().open(key, nonce, ciphertext, ad)
        return plaintext if plaintext.strip() else b""
