"""Ciphers and AEADs that were broken without a look at the checks, passed them all once, and a sibling of each."""

import os
import sys
import tempfile
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from framework import InvalidKeyError, MisuseError, VerificationError
from tests.zoo.aeads import Composed, Context, Gcm
from tests.zoo.aeads import octets as data_octets
from tests.zoo.ciphers import Aes, Stream, TripleDesOfCryptography, octets, xor


class BothMoveOn(Aes):
    """Moves the position on before it looks at the type, in both directions alike."""

    found_by = ("CIP-02",)

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return MovesBoth(self, octets(key), octets(iv))

    decryptor = encryptor


class MovesBoth(Stream):
    __slots__ = ()

    def encrypt(self, record: Any) -> bytes:
        if not isinstance(record, bytes | bytearray | memoryview):
            self.position += 4
        return super().encrypt(record)

    decrypt = encrypt


class EightBitRecords(Aes):
    """Counts records in one byte: the 257th has the keystream of the first."""

    found_by = ("CIP-16",)
    vectors = "tests/zoo/not_continuous.json"

    def mix(self, stream: Stream, record: bytes) -> bytes:
        number, stream.position = stream.position & 0xFF, stream.position + 1
        return xor(record, self.blocks(stream.key, stream.iv, number << 32, -(-len(record) // 16)))


class RangesOverlap(Aes):
    """Keeps 1,024 blocks for each record: a longer one runs into the next."""

    found_by = ("CIP-16",)
    vectors = "tests/zoo/not_continuous.json"

    def mix(self, stream: Stream, record: bytes) -> bytes:
        number, stream.position = stream.position, stream.position + 1
        return xor(record, self.blocks(stream.key, stream.iv, number << 10, -(-len(record) // 16)))


class BatchWraps(Aes):
    """Carries on from batch to batch of 1,024 blocks modulo 2^128 - 1."""

    found_by = ("CIP-31",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        start = int.from_bytes(iv)
        batches = [
            (start + (n & ~1023)) % ((1 << 128) - 1 if n > 1023 else 1 << 128) for n in range(first, first + count)
        ]
        return b"".join(
            ((batch + (n & 1023)) % 2**128).to_bytes(16)
            for batch, n in zip(batches, range(first, first + count), strict=True)
        )


class BatchLosesCarry(Aes):
    """Adds to the low half alone from batch to batch of 2,048 blocks, and right within one."""

    found_by = ("CIP-31",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        high, low = int.from_bytes(iv[:8]), int.from_bytes(iv[8:])
        starts = (
            ((high << 64 | (low + (n & ~2047)) % 2**64) + (n & 2047)) % 2**128 for n in range(first, first + count)
        )
        return b"".join(start.to_bytes(16) for start in starts)


class LettersOfKey(Aes):
    """Takes the last eight bytes of a key, where they are letters, for a name without case."""

    found_by = ("CIP-23",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return super().blocks(key[:24] + key[24:].lower() if key[24:].isalpha() else key, iv, first, count)


class TextOfKey(Aes):
    """Takes the first four bytes of a key, where they are letters, for a name without case."""

    found_by = ("CIP-23",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return super().blocks(key[:4].upper() + key[4:] if key[:4].isalpha() else key, iv, first, count)


class TellsWeakPart(TripleDesOfCryptography):
    """Tells in its exception which part of the key is weak, and what it is."""

    found_by = ("GEN-23",)

    def check_key(self, key: bytes) -> None:
        try:
            super().check_key(key)
        except InvalidKeyError as error:
            raise InvalidKeyError(f"{error}: one of {[octets(key)[at : at + 8].hex() for at in (0, 8, 16)]}") from None


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


class DecryptsInPlace(Aes):
    """Decrypts a view that can be written to in its place."""

    found_by = ("GEN-13",)

    def decryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return InPlace(self, octets(key), octets(iv))


class InPlace(Stream):
    __slots__ = ()

    def decrypt(self, record: Any) -> bytes:
        plaintext = super().decrypt(record)
        if isinstance(record, memoryview) and not record.readonly and record.c_contiguous:
            record.cast("B")[:] = plaintext
        return plaintext


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


class SixteenBitBlocks(Composed):
    """Counts the blocks of a message in 16 bits."""

    found_by = ("AEAD-16",)

    def mix(self, key: bytes, nonce: bytes, data: bytes) -> bytes:
        ecb = Cipher(AES256(key), ECB()).encryptor()  # noqa: S305 - counter mode is made of it
        blocks = (nonce + (n & 0xFFFF).to_bytes(4) for n in range(-(-len(data) // 16)))
        return xor(data, ecb.update(b"".join(blocks)))


class TailNotCovered(Composed):
    """The tag of a message over 128 KiB covers whole blocks alone."""

    found_by = ("AEAD-16",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        covered = ciphertext[: len(ciphertext) // 16 * 16] if len(ciphertext) > 1 << 17 else ciphertext
        return super().mac(key, nonce, covered + bytes(len(ciphertext) - len(covered)), plaintext, ad)


class Remembering(Gcm):
    """Takes a nonce and a tag that it has verified before for verified."""

    found_by = ("AEAD-18",)

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return Remembers(self, data_octets(key))

    def unverified(self, key: bytes, nonce: bytes, ciphertext: bytes) -> bytes:
        return super().seal(key, nonce, ciphertext[:-16], b"")[:-16]


class Remembers(Context):
    __slots__ = ("last",)

    def __init__(self, owner: Gcm, key: bytes) -> None:
        super().__init__(owner, key)
        self.last: Any = None

    def open(self, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
        nonce, ciphertext = self._owner.check_nonce(nonce), data_octets(ciphertext)
        if self.last == (nonce, ciphertext[-16:]) and isinstance(self._owner, Remembering):
            return self._owner.unverified(self._key, nonce, ciphertext)
        opened = super().open(nonce, ciphertext, associated_data)
        self.last = nonce, ciphertext[-16:]
        return opened


class OpensOnce(Gcm):
    """Refuses what it has opened before, for a replay."""

    found_by = ("AEAD-17", "AEAD-18")

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return Once(self, data_octets(key))


class Once(Remembers):
    __slots__ = ()

    def open(self, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
        if self.last == (nonce, ciphertext):
            raise VerificationError
        opened = Context.open(self, nonce, ciphertext, associated_data)
        self.last = nonce, ciphertext
        return opened


class EndsAfterForgeries(Gcm):
    """Answers otherwise after fifty forgeries."""

    found_by = ("AEAD-17",)

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return CountsForgeries(self, data_octets(key))


class CountsForgeries(Context):
    __slots__ = ("forgeries",)

    def __init__(self, owner: Gcm, key: bytes) -> None:
        super().__init__(owner, key)
        self.forgeries = 0

    def open(self, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
        try:
            return super().open(nonce, ciphertext, associated_data)
        except (InvalidTag, VerificationError):
            self.forgeries += 1
            if self.forgeries > 50:
                raise MisuseError("too many forgeries") from None
            raise
