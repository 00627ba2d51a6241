"""AES-256-GCM and ChaCha20-Poly1305 right and wrong."""

import hmac
from hashlib import sha256
from typing import Any, ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from framework import InvalidKeyError, MisuseError, PrimitiveInfo, Status, VerificationError
from tests.zoo.species import AeadSpecimen


def octets(value: Any) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError("bytes are due")
    return bytes(value)


class Gcm(AeadSpecimen):
    """The good one, in pieces that a specimen replaces."""

    good = True
    info = PrimitiveInfo("gcm", "AES-256-GCM", 256, Status.RECOMMENDED, "NIST SP 800-38D")
    key_size = 32
    nonce_size = 12
    tag_size = 16
    max_records_per_key = 2**24
    algorithm: ClassVar[Any] = AESGCM

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return Context(self, octets(key))

    def admit(self, key: bytes) -> None:
        if len(octets(key)) != 32:
            raise InvalidKeyError("a key has 32 bytes")

    def check_nonce(self, nonce: bytes) -> bytes:
        if len(octets(nonce)) != 12:
            raise MisuseError("a nonce has 12 bytes")
        return octets(nonce)

    def seal(self, key: bytes, nonce: bytes, plaintext: bytes, ad: bytes) -> bytes:
        sealed: bytes = self.algorithm(key).encrypt(nonce, plaintext, ad)
        return sealed

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        try:
            opened: bytes = self.algorithm(key).decrypt(nonce, ciphertext, ad)
        except InvalidTag:
            raise VerificationError from None
        return opened


class Context:
    __slots__ = ("_key", "_owner")

    def __init__(self, owner: Gcm, key: bytes) -> None:
        self._owner, self._key = owner, key

    def seal(self, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
        nonce = self._owner.check_nonce(nonce)
        return self._owner.seal(self._key, nonce, octets(plaintext), octets(associated_data))

    def open(self, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
        nonce = self._owner.check_nonce(nonce)
        return self._owner.open(self._key, nonce, octets(ciphertext), octets(associated_data))

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError("holds a key")


class ChaChaPoly(Gcm):
    """A second good one."""

    good = True
    info = PrimitiveInfo("chachapoly", "ChaCha20-Poly1305", 256, Status.RECOMMENDED, "RFC 8439")
    algorithm = ChaCha20Poly1305


class Composed(Gcm):
    """AES-CTR and HMAC-SHA-256 over everything with its lengths, cut to 16 bytes: made to be broken."""

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        lengths = len(ad).to_bytes(8) + len(ciphertext).to_bytes(8)
        return hmac.digest(key, nonce + lengths + ad + ciphertext, "sha256")[:16]

    def mix(self, key: bytes, nonce: bytes, data: bytes) -> bytes:
        return Cipher(AES256(sha256(b"enc" + key).digest()), CTR(nonce + bytes(4))).encryptor().update(data)

    def seal(self, key: bytes, nonce: bytes, plaintext: bytes, ad: bytes) -> bytes:
        ciphertext = self.mix(key, nonce, plaintext)
        return ciphertext + self.mac(key, nonce, ciphertext, plaintext, ad)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        if len(ciphertext) < 16:
            raise VerificationError
        body, tag = ciphertext[:-16], ciphertext[-16:]
        plaintext = self.mix(key, nonce, body)
        if not self.same(self.mac(key, nonce, body, plaintext, ad), tag):
            raise VerificationError
        return plaintext

    def same(self, expected: bytes, tag: bytes) -> bool:
        return hmac.compare_digest(expected, tag)


class TwoKeys(Composed):
    """A third good one, whose key is two: what the tag's half verifies, another encryption half opens to garbage."""

    good = True
    info = PrimitiveInfo("twokeys", "AES-256-CTR, then HMAC-SHA-256", 256, Status.EXPERIMENTAL, "after RFC 7518 §5.2.2")
    key_size = 64

    def admit(self, key: bytes) -> None:
        if len(octets(key)) != 64:
            raise InvalidKeyError("a key has 64 bytes")

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return super().mac(key[32:], nonce, ciphertext, plaintext, ad)

    def mix(self, key: bytes, nonce: bytes, data: bytes) -> bytes:
        return Cipher(AES256(key[:32]), CTR(nonce + bytes(4))).encryptor().update(data)


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


class FailureSticks(Gcm):
    """Refuses everything after a failed open."""

    found_by = ("AEAD-09",)

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return Sticks(self, octets(key))


class Sticks(Context):
    __slots__ = ("_failed",)

    def open(self, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
        if hasattr(self, "_failed"):
            raise VerificationError
        try:
            return super().open(nonce, ciphertext, associated_data)
        except VerificationError:
            self._failed = True
            raise


class CacheByPrefix(Gcm):
    """Caches contexts by the first eight bytes of the key."""

    found_by = ("AEAD-10", "AEAD-06")
    cache: ClassVar[dict[bytes, bytes]] = {}

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return Context(self, self.cache.setdefault(octets(key)[:8], octets(key)))


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


class EqualsOperator(Composed):
    """Compares tags with ==."""

    found_by = ("AEAD-12",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return expected == tag


class HalfConstantTag(Composed):
    """Half of the tag is zeros."""

    found_by = ("AEAD-13",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return super().mac(key, nonce, ciphertext, plaintext, ad)[:8] + bytes(8)


class EndlessRecords(Gcm):
    """May seal 2^62 records under one key."""

    found_by = ("AEAD-14",)
    max_records_per_key = 2**62


class ClaimsCommitment(Gcm):
    """Claims that GCM commits to its key."""

    found_by = ("AEAD-15",)
    vectors = "tests/zoo/false_claims.json"


class AnotherComposition(Composed):
    """A sound AEAD under GCM's name."""

    found_by = ("AEAD-51",)


class CounterFromZero(Composed):
    """GCM's tag over a ciphertext whose counter begins at another place."""

    found_by = ("AEAD-51",)

    def seal(self, key: bytes, nonce: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return Gcm.seal(self, key, bytes(reversed(nonce)), plaintext, ad)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        return Gcm.open(self, key, bytes(reversed(nonce)), ciphertext, ad)


class FewAnswers(Gcm):
    """Right, with three known answers."""

    found_by = ("AEAD-52",)
    vectors = "tests/zoo/few_answers.json"
