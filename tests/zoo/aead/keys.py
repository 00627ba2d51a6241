"""Broken on purpose: plugins whose flaws the checks in `checks/aead/keys.py` find."""

from typing import Any, ClassVar

from framework import InvalidKeyError
from tests.zoo.aead.genuine import Composed, Context, Gcm
from tests.zoo.octets import octets


class NonceCut(Gcm):
    """Uses 8 of the 12 bytes of the nonce."""

    found_by = ("AEAD-06", "AEAD-08")

    def check_nonce(self, nonce: bytes) -> bytes:
        return super().check_nonce(nonce)[:8] + bytes(4)


class KeyOfSixteen(Gcm):
    """Uses the first half of the key, doubled."""

    found_by = ("AEAD-06",)

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return Context(self, 2 * octets(key)[:16])


class NonceNotInTag(Composed):
    """The tag does not cover the nonce."""

    found_by = ("AEAD-06", "AEAD-08")

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return super().mac(key, b"", plaintext, b"", ad)


class AnyNonce(Gcm):
    """Takes nonces of any length, as GCM itself does."""

    found_by = ("AEAD-07",)

    def check_nonce(self, nonce: bytes) -> bytes:
        return octets(nonce).ljust(12, b"\0")


class ValueErrorForNonce(Gcm):
    """Lets the library's ValueError for a nonce through."""

    found_by = ("AEAD-07",)

    def check_nonce(self, nonce: bytes) -> bytes:
        if len(octets(nonce)) != 12:
            raise ValueError("nonce")
        return octets(nonce)


class AnyKey(Gcm):
    """Takes keys of 16 and 24 bytes as well."""

    found_by = ("AEAD-07",)

    def admit(self, key: bytes) -> None:
        if len(octets(key)) not in (16, 24, 32):
            raise InvalidKeyError("a wrong length")


class CacheByPrefix(Gcm):
    """Caches contexts by the first eight bytes of the key."""

    found_by = ("AEAD-10", "AEAD-06")
    cache: ClassVar[dict[bytes, bytes]] = {}

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return Context(self, self.cache.setdefault(octets(key)[:8], octets(key)))


class EmptyWithoutNonce(Composed):
    """The tag of an empty plaintext does not cover the nonce."""

    found_by = ("AEAD-06",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return super().mac(key, nonce if ciphertext else b"", ciphertext, plaintext, ad)


class NothingAtAll(Gcm):
    """Seals nothing with no associated data under a nonce of zeros."""

    found_by = ("AEAD-06",)

    def seal(self, key: bytes, nonce: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return super().seal(key, nonce if plaintext or ad else bytes(12), plaintext, ad)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        return super().open(key, nonce if len(ciphertext) > 16 or ad else bytes(12), ciphertext, ad)


class LastLetterOfKey(Gcm):
    """Folds the case of a key's last byte, where that is a letter."""

    found_by = ("AEAD-06",)

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return Context(self, octets(key)[:-1] + octets(key)[-1:].lower())


class DigitsOfKey(Gcm):
    """Takes a key that ends in four digits for one in the other byte order."""

    found_by = ("AEAD-06",)

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return Context(self, octets(key)[::-1] if octets(key)[-4:].isdigit() else octets(key))


class NonceOfText(Gcm):
    """Strips white space off the nonce, as of a line in a file, and fills it up with zeros."""

    found_by = ("AEAD-06",)

    def check_nonce(self, nonce: bytes) -> bytes:
        return super().check_nonce(nonce).strip().ljust(12, b"\0")


class NonceTurned(Gcm):
    """Takes a nonce that begins with six zeros for a number in the other byte order."""

    found_by = ("AEAD-06",)

    def check_nonce(self, nonce: bytes) -> bytes:
        nonce = super().check_nonce(nonce)
        return nonce if any(nonce[:6]) or not any(nonce) else nonce[::-1]
