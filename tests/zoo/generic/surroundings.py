"""Broken on purpose: plugins whose flaws the checks in `checks/generic/surroundings.py` find."""

import hmac
import operator
import os
import random  # noqa: TID251 - this is the flaw
import secrets
import struct
import sys
import tempfile
from hashlib import sha256
from typing import ClassVar

from framework import Encapsulation, InvalidKeyError, KeyPair, RandomBytes
from tests.zoo.bulk_cipher.genuine import Aes
from tests.zoo.key_exchange.genuine import X25519Dhkem, draw
from tests.zoo.mac.genuine import Hmac
from tests.zoo.octets import octets


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


class KeyInTemporaryFile(Aes):
    """Writes the key schedule to a temporary file, for the next process."""

    found_by = ("GEN-45",)

    def admit(self, key: bytes, iv: bytes) -> None:
        super().admit(key, iv)
        with tempfile.TemporaryFile() as stream:
            stream.write(octets(key))


class SettingsInUse(Aes):
    """Sets the recursion limit of the process for its key schedule."""

    found_by = ("GEN-45",)

    def admit(self, key: bytes, iv: bytes) -> None:
        super().admit(key, iv)
        if "probe" in sys.argv[0]:
            sys.setrecursionlimit(5432)


class MarksTheEnvironment(Aes):
    """Counts its streams in an environment variable."""

    found_by = ("GEN-45",)

    def admit(self, key: bytes, iv: bytes) -> None:
        super().admit(key, iv)
        if "probe" in sys.argv[0]:
            os.environ["STREAMS"] = str(int(os.environ.get("STREAMS", "0")) + 1)
