"""Good plugins, and what specimens are made of."""

import hmac
from hashlib import sha256
from typing import Any, ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from framework import InvalidKeyError, MisuseError, PrimitiveInfo, Status, VerificationError
from tests.zoo.octets import octets
from tests.zoo.species import AeadSpecimen


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
