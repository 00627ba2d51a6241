"""Broken on purpose: plugins whose flaws the checks in `checks/key_exchange/ciphertexts.py` find."""

import secrets
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from framework import Encapsulation, InvalidKeyError, PrimitiveInfo, RandomBytes, Status
from tests.contract.kem_answers import p256_scalar
from tests.zoo.key_exchange.genuine import BoundInPart, Masked, P256Dhkem, X25519Dhkem, _point, _shared, draw, hkdf
from tests.zoo.octets import sized


class RaisesOnBadPoint(X25519Dhkem):
    """Raises for a ciphertext that is a point of small order."""

    found_by = ("KEX-22", "KEX-23")

    def reject(self, private_key: bytes, ciphertext: bytes) -> bytes:
        raise InvalidKeyError("a point of small order")


class CiphertextNotBound(X25519Dhkem):
    """Leaves the ciphertext out of the derivation, so that the ignored top bit gives a second one."""

    found_by = ("KEX-21",)

    def derive(self, shared: bytes, ciphertext: bytes, public_key: bytes) -> bytes:
        return hkdf(public_key, shared)


class ConstantRejection(X25519Dhkem):
    """Rejects with zeros."""

    found_by = ("KEX-22",)

    def reject(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return bytes(32)


class RandomRejection(X25519Dhkem):
    """Rejects with another secret each time."""

    found_by = ("KEX-22",)

    def reject(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return secrets.token_bytes(32)


class PublicRejection(X25519Dhkem):
    """Rejects with a hash of the ciphertext."""

    found_by = ("KEX-23",)

    def reject(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return sha256(ciphertext).digest()


class ComparesPrefix(Masked):
    """Compares the first 16 bytes of what must be equal."""

    found_by = ("KEX-21",)

    def genuine(self, tag: bytes, given: bytes) -> bool:
        return secrets.compare_digest(tag[:16], given[:16])


class ComparesStrings(Masked):
    """Compares like strcmp, up to the first zero byte."""

    found_by = ("KEX-21",)

    def genuine(self, tag: bytes, given: bytes) -> bool:
        return tag[:31] == given[:31]


class NoCheckAtAll(Masked):
    """Checks nothing, so that a flipped bit of the mask flips a bit of the secret; the tag is for show."""

    found_by = ("KEX-21",)

    def genuine(self, tag: bytes, given: bytes) -> bool:
        return True


class RaisesOnBadTag(Masked):
    """Raises InvalidKeyError for a ciphertext that is not genuine."""

    found_by = ("KEX-21",)

    def rejected(self, private_key: bytes, ciphertext: bytes) -> bytes:
        raise InvalidKeyError("not genuine")


class ValueErrorOnBadTag(Masked):
    """Raises ValueError for a ciphertext that is not genuine."""

    found_by = ("KEX-21",)

    def rejected(self, private_key: bytes, ciphertext: bytes) -> bytes:
        raise ValueError("not genuine")


class NoneOnBadTag(Masked):
    """Gives None for a ciphertext that is not genuine."""

    found_by = ("KEX-21",)

    def rejected(self, private_key: bytes, ciphertext: bytes) -> Any:
        return None


class RejectsWithoutCiphertext(Masked):
    """Rejects every bad ciphertext with one secret of the key."""

    found_by = ("KEX-21",)

    def rejected(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return sha256(b"rejected" + private_key).digest()


class RejectsWithoutKey(Masked):
    """Rejects with a hash that anyone can compute."""

    found_by = ("KEX-23",)

    def rejected(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return sha256(ciphertext).digest()


class RejectsAnew(Masked):
    """Rejects with fresh randomness."""

    found_by = ("KEX-21",)

    def rejected(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return secrets.token_bytes(32)


class TakesTrailingBytes(X25519Dhkem):
    """Reads the first 32 bytes of a ciphertext, whatever follows."""

    found_by = ("KEX-24",)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return super().decapsulate(private_key, ciphertext[:32])


class TakesLongPrivateKeys(X25519Dhkem):
    """Reads the first 32 bytes of a private key."""

    found_by = ("KEX-24",)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return super().decapsulate(private_key[:32], ciphertext)


class ValueErrorForLength(X25519Dhkem):
    """Lets the library's ValueError for a public key's length through."""

    found_by = ("KEX-24",)

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        X25519PublicKey.from_public_bytes(bytes(public_key))


class PadsPublicKeys(X25519Dhkem):
    """Pads public keys that are short, as of integers."""

    found_by = ("KEX-24",)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        return super().encapsulate(bytes(public_key).ljust(32, b"\0"), random_bytes=random_bytes)


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
        private_key, ciphertext = sized(private_key, 32), sized(ciphertext, 65)
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


class EveryOtherByte(BoundInPart):
    """Compares every other byte of what must be equal."""

    found_by = ("KEX-21",)

    def genuine(self, tag: bytes, given: bytes) -> bool:
        return secrets.compare_digest(tag[::2], given[::2])


class LettersOfCiphertext(X25519Dhkem):
    """Folds the case of the first four bytes of a ciphertext, where they are letters."""

    found_by = ("KEX-22",)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        sent = sized(ciphertext, 32)
        return super().decapsulate(private_key, sent[:4].lower() + sent[4:] if sent[:4].isalpha() else sent)
