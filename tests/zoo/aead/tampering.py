"""Broken on purpose: plugins whose flaws the checks in `checks/aead/tampering.py` find."""

import hmac

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from framework import VerificationError
from tests.zoo.aead.genuine import Composed, Gcm


class NeverChecks(Composed):
    """Never looks at the tag."""

    found_by = ("AEAD-02", "AEAD-03", "AEAD-06")

    def same(self, expected: bytes, tag: bytes) -> bool:
        return True


class BodyNotCovered(Composed):
    """The tag covers nonce and associated data, not the ciphertext."""

    found_by = ("AEAD-02",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return super().mac(key, nonce, b"", b"", ad + len(ciphertext).to_bytes(8))


class FirstBlockCovered(Composed):
    """The tag covers the first 64 bytes of the ciphertext and its length."""

    found_by = ("AEAD-02",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return super().mac(key, nonce, ciphertext[:64] + len(ciphertext).to_bytes(8), b"", ad)


class AdIgnored(Gcm):
    """Ignores the associated data."""

    found_by = ("AEAD-03",)

    def seal(self, key: bytes, nonce: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return super().seal(key, nonce, plaintext, b"")

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        return super().open(key, nonce, ciphertext, b"")


class EmptyAdSkips(Gcm):
    """Without associated data nothing is verified."""

    found_by = ("AEAD-03", "AEAD-11")

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        if not ad:
            return Cipher(AES256(key), CTR(nonce + b"\0\0\0\2")).encryptor().update(ciphertext[:-16])
        return super().open(key, nonce, ciphertext, ad)


class AdStripped(Composed):
    """Drops trailing zeros of the associated data."""

    found_by = ("AEAD-03",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return super().mac(key, nonce, ciphertext, plaintext, ad.rstrip(b"\0"))


class AdCut(Composed):
    """Covers 4,096 bytes of the associated data."""

    found_by = ("AEAD-03",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return super().mac(key, nonce, ciphertext, plaintext, ad[:4096])


class NoLengths(Composed):
    """The tag covers associated data and ciphertext in a row, without their lengths."""

    found_by = ("AEAD-04",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return hmac.digest(key, nonce + ad + ciphertext, "sha256")[:16]


class PaddedWithoutLengths(Composed):
    """The tag covers both padded to blocks, without their lengths."""

    found_by = ("AEAD-04",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        padded = ad + bytes(-len(ad) % 16) + ciphertext + bytes(-len(ciphertext) % 16)
        return hmac.digest(key, nonce + padded, "sha256")[:16]


class ShortTagTaken(Composed):
    """Compares as many bytes of the tag as there are."""

    found_by = ("AEAD-05",)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        for size in (16, 12, 8, 4):
            body, tag = ciphertext[:-size], ciphertext[-size:]
            if len(tag) == size and self.same(self.mac(key, nonce, body, b"", ad)[:size], tag):
                return self.mix(key, nonce, body)
        raise VerificationError


class NegativeSlice(Composed):
    """Slices the tag off what may be shorter than a tag."""

    found_by = ("AEAD-05",)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        if ciphertext[len(ciphertext) - 16] is None:
            raise VerificationError
        return super().open(key, nonce, ciphertext, ad)


class FoldsTags(Composed):
    """Folds the case of tags."""

    found_by = ("AEAD-05",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return hmac.compare_digest(expected.lower(), tag.lower())


class ReleasesPlaintext(Composed):
    """The exception carries what the forged message would have said."""

    found_by = ("AEAD-11",)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        try:
            return super().open(key, nonce, ciphertext, ad)
        except VerificationError as error:
            error.add_note(self.mix(key, nonce, ciphertext[:-16]).hex())
            raise


class TwoFailures(Gcm):
    """Tells a message that is too short from one that does not verify."""

    found_by = ("AEAD-11",)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        try:
            return super().open(key, nonce, ciphertext, ad)
        except VerificationError as error:
            error.args = ("too short" if len(ciphertext) < 16 else "forged",)
            raise error from None


class InvalidTagThrough(Gcm):
    """Lets the library's InvalidTag through."""

    found_by = ("AEAD-11", "AEAD-02")

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        return AESGCM(key).decrypt(nonce, ciphertext, ad)


class TwoByteLength(Composed):
    """Writes the length of the associated data in two bytes, and not that of the ciphertext."""

    found_by = ("AEAD-04",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return super().mac(key, nonce, b"", b"", (len(ad) & 0xFFFF).to_bytes(2) + ad + ciphertext)


class OneByteLength(Composed):
    """Writes the length of the associated data in one byte, and not that of the ciphertext."""

    found_by = ("AEAD-04",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return super().mac(key, nonce, b"", b"", bytes([len(ad) & 0xFF]) + ad + ciphertext)
