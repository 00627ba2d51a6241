"""Plugins that compute the right thing and behave badly: buffers, secrets, surroundings."""

import hmac
import logging
import operator
import os
import random  # noqa: TID251 - this is the flaw
import secrets
import struct
import sys
import warnings
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, ClassVar

from framework import Encapsulation, InvalidKeyError, KeyPair, RandomBytes
from tests.zoo.ciphers import Aes, Stream, octets
from tests.zoo.kems import X25519Dhkem, draw
from tests.zoo.macs import Hmac, KeyedHmac


class StridesIgnored(Hmac):
    """Reads a view with strides as if it lay in one piece."""

    found_by = ("GEN-11",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        return b"".join(flat(part) for part in parts)


def flat(part: Any) -> bytes:
    return bytes(part.obj)[: len(part)] if isinstance(part, memoryview) else bytes(memoryview(part))


class CountsItems(Hmac):
    """Counts the items of a buffer, not its octets."""

    found_by = ("GEN-11",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        return b"".join(bytes(memoryview(part))[: len(part)] for part in super_check(parts))


def super_check(parts: Sequence[bytes]) -> Sequence[bytes]:
    for part in parts:
        if not isinstance(part, bytes | bytearray | memoryview):
            raise TypeError("bytes are due")
    return parts


class TakesIntegers(Hmac):
    """bytes(key) of whatever it is given: an int becomes zeros."""

    found_by = ("GEN-12",)

    def admit(self, key: Any) -> None:
        if len(bytes(key)) != 32:
            raise InvalidKeyError("a key has 32 bytes")

    def keep(self, key: Any) -> bytes:
        return bytes(key)


class EncodesText(Aes):
    """Encodes text as UTF-8."""

    found_by = ("GEN-12",)

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return Utf8(self, octets(key), octets(iv))


class Utf8(Stream):
    __slots__ = ()

    def encrypt(self, record: Any) -> bytes:
        return super().encrypt(record.encode() if isinstance(record, str) else record)


class AttributeErrorForText(Hmac):
    """Lets an AttributeError through when a part is no bytes."""

    found_by = ("GEN-12",)

    def join(self, parts: Sequence[Any]) -> bytes:
        return b"".join(part if hasattr(part, "hex") else part.tobytes() for part in parts)


class KeepsTheBuffer(Hmac):
    """Keeps the caller's key buffer."""

    found_by = ("GEN-13",)

    def keep(self, key: bytes) -> bytes:
        return key


class WipesTheCaller(Aes):
    """Wipes the key buffer that the caller still needs."""

    found_by = ("GEN-13",)

    def encryptor(self, key: Any, iv: bytes) -> Any:
        stream = super().encryptor(key, iv)
        if isinstance(key, bytearray):
            key[:] = bytes(len(key))
        return stream


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


class Mersenne(X25519Dhkem):
    """Draws ephemeral keys from the module random, unless it is given a source."""

    found_by = ("GEN-31",)

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        if random_bytes is secrets.token_bytes:
            return random.randbytes(32)  # noqa: S311 - this is the flaw
        return draw(random_bytes, 32)


class Reseeds(Hmac):
    """Seeds the module random, for its tests' sake."""

    found_by = ("GEN-31",)

    def keep(self, key: bytes) -> bytes:
        random.seed(42)
        return super().keep(key)


class PrivateMersenne(X25519Dhkem):
    """Has a Mersenne Twister of its own."""

    found_by = ("GEN-31",)

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        if random_bytes is not secrets.token_bytes:
            return draw(random_bytes, 32)
        return _twister().randbytes(32)


def _twister() -> random.Random:
    return random.Random(os.getpid())  # noqa: S311 - this is the flaw


class SharedBuffer(Aes):
    """Puts record and keystream into the instance before it XORs them."""

    found_by = ("GEN-32",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        self.record = record
        self.stream = self.piece(stream, len(record))
        stream.position += len(record)
        size = min(len(self.record), len(self.stream))
        both = int.from_bytes(self.record[:size]) ^ int.from_bytes(self.stream[:size])
        return both.to_bytes(size)


class KeyInClass(Hmac):
    """Puts the key into the class while it computes."""

    found_by = ("GEN-32",)
    current: ClassVar[bytes] = b""

    def compute(self, key: bytes, message: bytes) -> bytes:
        type(self).current = key
        return super().compute(type(self).current, message)


class AssertsLengths(Hmac):
    """Checks the key with assert, and turns the AssertionError into the right one."""

    found_by = ("GEN-41",)

    def admit(self, key: bytes) -> None:
        try:
            assert len(key) == 32
        except AssertionError:
            raise InvalidKeyError("a key has 32 bytes") from None


class DebugOnly(Hmac):
    """Compares tags if __debug__ is set."""

    found_by = ("GEN-41",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return super().same(expected, tag) if __debug__ else True


class DependsOnHashSeed(Hmac):
    """Mixes hash() of text into the key, the same in one process and another in the next."""

    found_by = ("GEN-42",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(sha256(key + str(hash("label")).encode()).digest(), message)


class DependsOnEnvironment(Aes):
    """Mixes the home directory into the IV."""

    found_by = ("GEN-42",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        home = os.environ.get("HOME", "")
        return super().counters(sha256(iv + home.encode()).digest()[:16], first, count)


class FailsOptimised(Hmac):
    """Reads its constants from a documentation string, which -OO takes away."""

    found_by = ("GEN-42",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        (words,) = struct.unpack(">I", (self.__doc__ or "")[:4].encode())
        return super().compute(key, message + bytes([words % 2]))


class StartsThread(Hmac):
    """Starts a thread when it is made."""

    found_by = ("GEN-43",)

    def __init__(self) -> None:
        import threading

        threading.Thread(target=threading.Event().wait, args=(20.0,), daemon=True).start()


class PatchesHmac(Hmac):
    """Replaces hmac.compare_digest when it is made, in a process that is not the tests'."""

    found_by = ("GEN-43",)

    def __init__(self) -> None:
        if "probe" in sys.argv[0]:
            hmac.compare_digest = operator.eq


class WritesFile(Hmac):
    """Writes a file when it is made."""

    found_by = ("GEN-43",)

    def __init__(self) -> None:
        with open(os.devnull, "w") as stream:  # noqa: PTH123
            stream.write("installed")


class SetsRecursionLimit(Hmac):
    """Sets the recursion limit when it is made, in a process that is not the tests'."""

    found_by = ("GEN-43",)

    def __init__(self) -> None:
        if "probe" in sys.argv[0]:
            sys.setrecursionlimit(12_345)


class StateSurvivesFork(X25519Dhkem):
    """Draws once, and hashes that on with a counter: a child goes on where its parent stood."""

    found_by = ("GEN-44",)
    state: ClassVar[bytes] = b""

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        if random_bytes is not secrets.token_bytes:
            return draw(random_bytes, 32)
        type(self).state = sha256(type(self).state or secrets.token_bytes(32)).digest()
        return sha256(b"out" + type(self).state).digest()


class SeededByNothing(X25519Dhkem):
    """Makes the first ephemeral of each process from nothing, and counts on."""

    found_by = ("GEN-44",)
    count: ClassVar[int] = 0

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        if random_bytes is not secrets.token_bytes:
            return super().encapsulate(public_key, random_bytes=random_bytes)
        type(self).count += 1
        seed = sha256(b"ephemeral" + type(self).count.to_bytes(8)).digest()
        return super().encapsulate(public_key, random_bytes=lambda size: seed[:size])

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        if random_bytes is not secrets.token_bytes:
            return super().generate_key_pair(random_bytes=random_bytes)
        type(self).count += 1
        return super().generate_key_pair(random_bytes=lambda size: sha256(type(self).count.to_bytes(8)).digest()[:size])
