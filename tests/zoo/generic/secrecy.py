"""Broken on purpose: plugins whose flaws the checks in `checks/generic/secrecy.py` find."""

import hmac
import logging
import secrets
import sys
import warnings
from functools import lru_cache
from typing import Any, ClassVar

from framework import (
    Encapsulation,
    InvalidKeyError,
    KeyPair,
    RandomBytes,
    VerificationError,
)
from tests.zoo.aead.genuine import Composed
from tests.zoo.bulk_cipher.genuine import Aes, Stream, TripleDesOfCryptography
from tests.zoo.key_exchange.genuine import X25519Dhkem
from tests.zoo.mac.genuine import Hmac, KeyedHmac
from tests.zoo.octets import octets


class KeyInRepr(Hmac):
    """Shows its key in repr."""

    found_by = ("GEN-21",)

    def authenticator(self, key: bytes) -> Any:
        self.admit(key)
        return Shows(self, bytes(key))


class Shows(KeyedHmac):
    __slots__ = ()

    def __repr__(self) -> str:
        return f"Shows(key={self._key.hex()})"


class KeyInHash(Hmac):
    """Is hashed by its key, so that dictionaries can hold it."""

    found_by = ("GEN-21",)

    def authenticator(self, key: bytes) -> Any:
        self.admit(key)
        return Hashes(self, bytes(key))


class Hashes(KeyedHmac):
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hashes) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


class KeyAsNumbers(Aes):
    """Shows its key in str, as a list of numbers."""

    found_by = ("GEN-21",)

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return Numbers(self, octets(key), octets(iv))


class Numbers(Stream):
    __slots__ = ()

    def __str__(self) -> str:
        return str(list(self.key))


class KeepsPrivateKeys(X25519Dhkem):
    """Keeps the private key that it used last in an attribute."""

    found_by = ("GEN-21", "GEN-25")

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        self.last = private_key
        return super().decapsulate(private_key, ciphertext)


class Pickles(Hmac):
    """Can be pickled, with its key."""

    found_by = ("GEN-22",)

    def authenticator(self, key: bytes) -> Any:
        self.admit(key)
        return Picklable(self, bytes(key))


class Picklable(KeyedHmac):
    def __reduce_ex__(self, protocol: object) -> Any:
        return Picklable, (self._owner, self._key)


class PairThatPickles(X25519Dhkem):
    """Gives key pairs of a class of its own, which can be pickled."""

    found_by = ("GEN-22",)

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        pair = super().generate_key_pair(random_bytes=random_bytes)
        return OpenPair(pair.public_key, pair.private_key)


class OpenPair(KeyPair):
    def __reduce_ex__(self, protocol: object) -> Any:
        return OpenPair, (self.public_key, self.private_key)


class QuotesTheKey(Hmac):
    """Quotes a key of a wrong length in the exception."""

    found_by = ("GEN-23",)

    def admit(self, key: bytes) -> None:
        if not isinstance(key, bytes | bytearray | memoryview):
            raise TypeError("a key is bytes")
        if len(key) != 32:
            raise InvalidKeyError(f"the key {bytes(key)!r} has {len(key)} bytes")


class QuotesInNote(Aes):
    """Adds a note with the key when the IV is wrong."""

    found_by = ("GEN-23",)

    def admit(self, key: bytes, iv: bytes) -> None:
        try:
            super().admit(key, iv)
        except Exception as error:
            error.add_note(f"key: {octets(key).hex()}")
            raise


class QuotesInCause(X25519Dhkem):
    """The cause of its exception quotes the private key."""

    found_by = ("GEN-23",)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        if len(ciphertext) != 32:
            raise InvalidKeyError("a wrong length") from ValueError(private_key)
        return super().decapsulate(private_key, ciphertext)


class Prints(Hmac):
    """Prints what it does."""

    found_by = ("GEN-24",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        print("tagging", len(message), file=sys.stderr)  # noqa: T201 - this is the flaw
        return super().compute(key, message)


class Logs(Aes):
    """Logs what it does, for debugging."""

    found_by = ("GEN-24",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        logging.getLogger("aes").debug("mixing %d bytes", len(record))
        return super().mix(stream, record)


class Warns(Hmac):
    """Warns of a use that is deprecated."""

    found_by = ("GEN-24",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        warnings.warn("old", DeprecationWarning, stacklevel=2)
        return super().compute(key, message)


@lru_cache(maxsize=1024)
def _inner_key(key: bytes) -> bytes:
    return bytes(byte ^ 0x36 for byte in key)


class CachesKeys(Hmac):
    """Caches something for each key."""

    found_by = ("GEN-25",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        _inner_key(key)
        return super().compute(key, message)


class ListsInstances(Aes):
    """Lists all its streams in the class."""

    found_by = ("GEN-25",)
    streams: ClassVar[list[Any]] = []

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        stream = super().encryptor(key, iv)
        self.streams.append(stream)
        return stream


class StrShowsAll(X25519Dhkem):
    """Its encapsulation hides the secret in repr and shows it in str."""

    found_by = ("GEN-21",)

    def encapsulate(self, public_key: bytes, **keywords: Any) -> Encapsulation:
        sent = super().encapsulate(public_key, **keywords)
        return Shown(sent.ciphertext, sent.shared_secret)


class Shown(Encapsulation):
    def __str__(self) -> str:
        return f"{self.ciphertext.hex()} {self.shared_secret.hex()}"


class TellsTheExpected(Composed):
    """Logs the tag that would have been right, when it refuses."""

    found_by = ("GEN-24",)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        import logging

        try:
            return super().open(key, nonce, ciphertext, ad)
        except VerificationError:
            logging.getLogger("aead").debug("expected %s", hmac.digest(key, ciphertext, "sha256").hex())
            raise


class TellsWeakPart(TripleDesOfCryptography):
    """Tells in its exception which part of the key is weak, and what it is."""

    found_by = ("GEN-23",)

    def check_key(self, key: bytes) -> None:
        try:
            super().check_key(key)
        except InvalidKeyError as error:
            raise InvalidKeyError(f"{error}: one of {[octets(key)[at : at + 8].hex() for at in (0, 8, 16)]}") from None
