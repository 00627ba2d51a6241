"""AES-256 in counter mode right and wrong, and other keystreams."""

from collections.abc import Iterator
from functools import cache
from hashlib import shake_128, shake_256
from itertools import cycle
from typing import Any, ClassVar

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4, TripleDES
from cryptography.hazmat.decrepit.ciphers.modes import CFB, OFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256, ChaCha20
from cryptography.hazmat.primitives.ciphers.modes import CTR, ECB

from framework import InvalidKeyError, MisuseError, PrimitiveInfo, Status
from tests.zoo.species import CipherSpecimen


def octets(value: Any) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError("bytes are due")
    return bytes(value)


def xor(left: bytes, right: bytes) -> bytes:
    size = min(len(left), len(right))
    return (int.from_bytes(left[:size]) ^ int.from_bytes(right[:size])).to_bytes(size)


class Aes(CipherSpecimen):
    """The good one, in pieces that a specimen replaces."""

    good = True
    info = PrimitiveInfo("aesctr", "AES-256 in counter mode", 256, Status.RECOMMENDED, "NIST SP 800-38A §6.5")
    key_size = 32
    iv_size = 16
    max_bytes_per_key = 2**36
    block_size: ClassVar[int] = 16

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return Stream(self, octets(key), octets(iv))

    def decryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return Stream(self, octets(key), octets(iv))

    def check_key(self, key: bytes) -> None:
        if len(octets(key)) != self.key_size:
            raise InvalidKeyError("a key has 32 bytes")

    def admit(self, key: bytes, iv: bytes) -> None:
        if len(octets(key)) != self.key_size or len(octets(iv)) != self.iv_size:
            raise InvalidKeyError("a key has 32 bytes and an IV 16")

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        """The counter blocks."""
        start = int.from_bytes(iv)
        return b"".join(((start + n) % 2**128).to_bytes(16) for n in range(first, first + count))

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        """`count` blocks of keystream, from block `first` on."""
        ecb = Cipher(AES256(key), ECB()).encryptor()  # noqa: S305 - counter mode is made of it
        return ecb.update(self.counters(iv, first, count))

    def mix(self, stream: "Stream", record: bytes) -> bytes:
        """Encrypt or decrypt the next record."""
        keystream = self.piece(stream, len(record))
        stream.position += len(record)
        return xor(record, keystream)

    def piece(self, stream: "Stream", size: int) -> bytes:
        first, skipped = divmod(stream.position, self.block_size)
        count = -(-(skipped + size) // self.block_size)
        return self.blocks(stream.key, stream.iv, first, count)[skipped : skipped + size]


class Stream:
    __slots__ = ("extra", "iv", "key", "owner", "position")

    def __init__(self, owner: Aes, key: bytes, iv: bytes) -> None:
        self.owner, self.key, self.iv = owner, key, iv
        self.position = 0
        self.extra: Any = None

    def encrypt(self, record: bytes) -> bytes:
        return self.owner.mix(self, octets(record))

    def decrypt(self, record: bytes) -> bytes:
        return self.owner.mix(self, octets(record))

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError("holds a key")


class Library(CipherSpecimen):
    """Good ones over `cryptography`: what `start` gives does the work."""

    info: PrimitiveInfo
    key_size: int
    iv_size: int
    max_bytes_per_key: int

    def start(self, key: bytes, iv: bytes) -> Any:
        raise NotImplementedError

    def encryptor(self, key: bytes, iv: bytes) -> "LibraryStream":
        self.check_key(key)
        if len(octets(iv)) != self.iv_size:
            raise InvalidKeyError("an IV of another length")
        return LibraryStream(self.start(octets(key), octets(iv)), self.max_bytes_per_key)

    decryptor = encryptor

    def check_key(self, key: bytes) -> None:
        if len(octets(key)) != self.key_size:
            raise InvalidKeyError("a key of another length")


class LibraryStream:
    __slots__ = ("_context", "_left")

    def __init__(self, context: Any, limit: int) -> None:
        self._context, self._left = context, limit

    def encrypt(self, record: bytes) -> bytes:
        data = octets(record)
        if len(data) > self._left:
            raise MisuseError("the key has encrypted its limit")
        self._left -= len(data)
        mixed: bytes = self._context.update(data)
        return mixed

    decrypt = encrypt


class AesOfCryptography(Library):
    """OpenSSL's own AES-256-CTR."""

    good = True
    info = PrimitiveInfo("aesctr", "AES-256-CTR by OpenSSL", 256, Status.RECOMMENDED, "NIST SP 800-38A §6.5")
    key_size, iv_size, max_bytes_per_key = 32, 16, 2**36

    def start(self, key: bytes, iv: bytes) -> Any:
        return Cipher(AES256(key), CTR(iv)).encryptor()


class ChaChaOfCryptography(Library):
    """OpenSSL's ChaCha20, whose IV is no counter."""

    good = True
    info = PrimitiveInfo("chacha", "ChaCha20", 256, Status.RECOMMENDED, "RFC 8439 §2.4")
    key_size, iv_size, max_bytes_per_key = 32, 12, 2**37

    def start(self, key: bytes, iv: bytes) -> Any:
        return Cipher(ChaCha20(key, bytes(4) + iv), mode=None).encryptor()


class TripleDesOfCryptography(Library):
    """OpenSSL's Triple DES over counter blocks: the second opinion on `plugins/des3`."""

    good = True
    vectors = "plugins/des3/contract_vectors.json"
    info = PrimitiveInfo("des3", "Triple DES in counter mode by OpenSSL", 112, Status.LEGACY, "NIST SP 800-67 Rev. 2")
    key_size, iv_size, max_bytes_per_key = 24, 8, 2**23

    def start(self, key: bytes, iv: bytes) -> Any:
        ecb = Cipher(TripleDES(key), ECB()).encryptor()  # noqa: S305 - counter mode is made of it
        return CounterBlocks(ecb, int.from_bytes(iv))

    def check_key(self, key: bytes) -> None:
        super().check_key(key)
        parts = [bytes(octet & 0xFE for octet in octets(key)[at : at + 8]) for at in (0, 8, 16)]
        if len(set(parts)) < 3 or any(part in weak_parts() for part in parts):
            raise InvalidKeyError("a weak key")

    def encryptor(self, key: bytes, iv: bytes) -> LibraryStream:
        if len(octets(key)) != 24 or len(octets(iv)) != 8:
            raise InvalidKeyError("a key of another length")
        return LibraryStream(self.start(octets(key), octets(iv)), self.max_bytes_per_key)

    decryptor = encryptor


@cache
def weak_parts() -> set[bytes]:
    from tests.contract.answers import weak_des_keys

    return {bytes(octet & 0xFE for octet in key) for key in weak_des_keys()}


class CounterBlocks:
    def __init__(self, ecb: Any, first: int) -> None:
        self._ecb, self._next, self._rest = ecb, first, b""

    def update(self, data: bytes) -> bytes:
        count = max(0, -(-(len(data) - len(self._rest)) // 8))
        blocks = b"".join(((self._next + n) % 2**64).to_bytes(8) for n in range(count))
        self._next += count
        stream = self._rest + self._ecb.update(blocks)
        self._rest = stream[len(data) :]
        return xor(data, stream)


# --- sizes and records in a row ---


class PadsToBlocks(Aes):
    """Gives whole blocks, whatever the record's size."""

    found_by = ("CIP-01",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        return super().mix(stream, record + bytes(-len(record) % 16))


class DropsPartialBlock(Aes):
    """Drops what is beyond the last whole block."""

    found_by = ("CIP-01",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        return super().mix(stream, record[: len(record) // 16 * 16] or record)


class EmptyGivesNone(Aes):
    """Gives None for an empty record."""

    found_by = ("CIP-01",)

    def mix(self, stream: Stream, record: bytes) -> Any:
        return super().mix(stream, record) if record else None


class EmptyRaises(Aes):
    """Fails on an empty record."""

    found_by = ("CIP-01",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        if not record:
            raise ValueError("nothing to encrypt")
        return super().mix(stream, record)


class FailsAbove64K(Aes):
    """Encrypts no more than 65,536 bytes of a record."""

    found_by = ("CIP-04",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        return (
            super().mix(stream, record[:65_536]) + record[65_536:] if record[65_537:] else super().mix(stream, record)
        )

    def decryptor(self, key: bytes, iv: bytes) -> Any:
        return Aes().decryptor(key, iv)


class RandomIv(Aes):
    """Mixes fresh randomness into the IV that it is given, and tells nobody."""

    found_by = ("CIP-01",)

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        import secrets

        return super().encryptor(key, iv[:8] + secrets.token_bytes(8))


class DecryptsDifferently(Aes):
    """The decryptor begins at the second block."""

    found_by = ("CIP-01",)

    def decryptor(self, key: bytes, iv: bytes) -> Any:
        stream = super().decryptor(key, iv)
        stream.position = 16
        return stream


class SharedPosition(Aes):
    """Keeps the position in the class."""

    found_by = ("CIP-02",)
    position: ClassVar[int] = 0

    def mix(self, stream: Stream, record: bytes) -> bytes:
        stream.position = type(self).position if stream.position else 0
        mixed = super().mix(stream, record)
        type(self).position = stream.position
        return mixed


class EmptyRecordCounts(Aes):
    """An empty record moves the encryptor on by a block."""

    found_by = ("CIP-02", "CIP-03")

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return StepsOnEmpty(self, octets(key), octets(iv))


class StepsOnEmpty(Stream):
    __slots__ = ()

    def encrypt(self, record: bytes) -> bytes:
        if not record:
            self.position += 16
        return super().encrypt(record)


class FailureMovesOn(Aes):
    """A call that fails has moved the position on already."""

    found_by = ("CIP-02",)

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return MovesFirst(self, octets(key), octets(iv))


class MovesFirst(Stream):
    __slots__ = ()

    def encrypt(self, record: Any) -> bytes:
        if not isinstance(record, bytes):
            self.position += 1
        return super().encrypt(record)


class BlockPerRecord(Aes):
    """Begins each record at the next whole block."""

    found_by = ("CIP-03",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        mixed = super().mix(stream, record)
        stream.position += -stream.position % 16
        return mixed


class LosesPartialBlock(Aes):
    """Forgets the position within a block when the record was shorter than one."""

    found_by = ("CIP-03",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        mixed = super().mix(stream, record)
        if 0 < len(record) < 16 and stream.position > 32:
            stream.position += -stream.position % 16
        return mixed


class DisclaimsContinuity(Aes):
    """Claims that it is no one stream, and is one."""

    found_by = ("CIP-03",)
    vectors = "tests/zoo/false_claims.json"


class FastPathDiffers(Aes):
    """Above 256 KiB a fast path begins a block too late."""

    found_by = ("CIP-04",)

    def piece(self, stream: Stream, size: int) -> bytes:
        if size <= 1 << 18:
            return super().piece(stream, size)
        return super().piece(stream, 1 << 18) + bytes(size - (1 << 18))


class BatchBoundary(Aes):
    """Loses a byte of keystream at every 65,536th byte, if a record crosses it."""

    found_by = ("CIP-04",)

    def piece(self, stream: Stream, size: int) -> bytes:
        before = stream.position // 65_536
        crosses = stream.position % 65_536 and (stream.position + size) // 65_536 > before and size > 10_000
        return super().piece(stream, size) if not crosses else self._late(stream, size)

    def _late(self, stream: Stream, size: int) -> bytes:
        left = -stream.position % 65_536
        stream.position += left + 1
        rest = super().piece(stream, size - left)
        stream.position -= left + 1
        return super().piece(stream, left) + rest


class DecryptorIgnoresIv(Aes):
    """Takes the IV from the ciphertext's sender out of band: the decryptor uses the last one encrypted under."""

    found_by = ("CIP-05",)
    last: ClassVar[bytes] = bytes(16)

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        stream = super().encryptor(key, iv)
        type(self).last = octets(iv)
        return stream

    def decryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return super().decryptor(key, type(self).last)


class NullCipher(Aes):
    """Encrypts nothing."""

    found_by = ("CIP-05", "CIP-12")

    def mix(self, stream: Stream, record: bytes) -> bytes:
        return record


class Feedback(Aes):
    """CFB under the name of CTR."""

    found_by = ("CIP-06", "CIP-51")

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return Fed(Cipher(AES256(octets(key)), CFB(octets(iv))).encryptor())

    def decryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return Fed(Cipher(AES256(octets(key)), CFB(octets(iv))).decryptor())


class Fed:
    def __init__(self, context: Any) -> None:
        self._context = context

    def encrypt(self, record: bytes) -> bytes:
        mixed: bytes = self._context.update(octets(record))
        return mixed

    decrypt = encrypt


class AddsInsteadOfXor(Aes):
    """Adds the keystream to each byte instead of XORing it, and decrypts by subtracting."""

    found_by = ("CIP-06", "CIP-51")

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return Adds(self, octets(key), octets(iv))

    decryptor = encryptor


class Adds(Stream):
    __slots__ = ()

    def encrypt(self, record: bytes) -> bytes:
        record = octets(record)
        stream = self.owner.mix(self, bytes(len(record)))
        return bytes((a + b) % 256 for a, b in zip(record, stream, strict=True))

    def decrypt(self, record: bytes) -> bytes:
        record = octets(record)
        stream = self.owner.mix(self, bytes(len(record)))
        return bytes((a - b) % 256 for a, b in zip(record, stream, strict=True))


# --- what the ciphertext gives away ---


class RestartsEachRecord(Aes):
    """Every record begins the keystream again."""

    found_by = ("CIP-11",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        stream.position = 0
        return super().mix(stream, record)


class SixteenBitCounter(Aes):
    """Counts blocks in 16 bits."""

    found_by = ("CIP-11",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        start = int.from_bytes(iv)
        return b"".join(((start + n % 65_536) % 2**128).to_bytes(16) for n in range(first, first + count))


class OneBlockForEver(Aes):
    """Encrypts the IV once and repeats the block."""

    found_by = ("CIP-11",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        return iv * count


class CountsEverySecondBlock(Aes):
    """Counts up once in two blocks."""

    found_by = ("CIP-11",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        start = int.from_bytes(iv)
        return b"".join(((start + n // 2) % 2**128).to_bytes(16) for n in range(first, first + count))


class LastByteClear(Aes):
    """Leaves the last byte of an odd record in the clear."""

    found_by = ("CIP-12",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        mixed = super().mix(stream, record)
        return mixed[:-1] + record[-1:] if len(record) % 2 and len(record) > 1 else mixed


class PartialBlockClear(Aes):
    """Leaves the last partial block in the clear."""

    found_by = ("CIP-12",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        whole = len(record) // 16 * 16
        return super().mix(stream, record)[:whole] + record[whole:]


class HeaderClear(Aes):
    """Leaves the first four bytes of each record in the clear, as a header."""

    found_by = ("CIP-12",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        return record[:4] + super().mix(stream, record)[4:]


class SecondRecordClear(Aes):
    """Leaves records that begin within a block in the clear to its end."""

    found_by = ("CIP-12",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        left = -stream.position % 16
        return record[:left] + super().mix(stream, record)[left:]


class HighBitClear(Aes):
    """Encrypts seven bits of each byte."""

    found_by = ("CIP-12", "CIP-13")

    def piece(self, stream: Stream, size: int) -> bytes:
        return bytes(octet & 0x7F for octet in super().piece(stream, size))


class NoZeroBytes(Aes):
    """Replaces zero bytes of the keystream, so that every byte is seen to change."""

    found_by = ("CIP-13",)

    def piece(self, stream: Stream, size: int) -> bytes:
        return super().piece(stream, size).replace(b"\0", b"\x01")


class DoublesItself(Aes):
    """Halves the work: each byte of keystream is used twice, the second time complemented."""

    found_by = ("CIP-13",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        stream = super().blocks(key, iv, first, count)
        half = bytes(octet ^ 0xFF for octet in stream[::2])
        return bytes(octet for pair in zip(stream[::2], half, strict=True) for octet in pair)


class Rc4(Aes):
    """RC4 of key and IV: its second byte is zero twice too often."""

    found_by = ("CIP-51",)

    def piece(self, stream: Stream, size: int) -> bytes:
        if stream.extra is None:
            seed = shake_128(stream.key + stream.iv).digest(16)
            stream.extra = Cipher(ARC4(seed), mode=None).encryptor()
        keystream: bytes = stream.extra.update(bytes(size))
        return keystream


class LinearRegister(Aes):
    """A linear feedback shift register of 521 bits, filled from key and IV."""

    found_by = ("CIP-14",)

    def piece(self, stream: Stream, size: int) -> bytes:
        if stream.extra is None:
            stream.extra = register(shake_256(stream.key + stream.iv).digest(66))
        return bytes(next(stream.extra) for _ in range(size))


def register(seed: bytes) -> Iterator[int]:
    """x^521 + x^32 + 1, eight bits at a time."""
    state = int.from_bytes(seed) | 1
    while True:
        state |= ((state >> 489) ^ state & 0xFF) << 521
        new = (state >> 0 ^ state >> 489) & 0xFF
        state = (state & (1 << 521) - 1) >> 8 | new << 513
        yield state & 0xFF


class Congruences(Aes):
    """A linear congruential generator of 64 bits, whose low bits have short periods."""

    found_by = ("CIP-14",)

    def piece(self, stream: Stream, size: int) -> bytes:
        if stream.extra is None:
            stream.extra = congruences(shake_256(stream.key + stream.iv).digest(8))
        return bytes(next(stream.extra) for _ in range(size))


def congruences(seed: bytes) -> Iterator[int]:
    state = int.from_bytes(seed)
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield from (state & (2**64 - 1)).to_bytes(8, "little")


class IvOnKey(Aes):
    """Uses key XOR IV as the key, and counts from zero."""

    found_by = ("CIP-15",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return super().blocks(xor(key, iv + bytes(16)), bytes(16), first, count)


class IvOnTop(Aes):
    """Encrypts the counter alone and XORs the IV on to each block."""

    found_by = ("CIP-15",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return xor(super().blocks(key, bytes(16), first, count), iv * count)


class LinearInKey(Aes):
    """XORs the key, turned by the IV, on to a public keystream."""

    found_by = ("CIP-15",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        public = super().blocks(bytes(32), iv, first, count)
        return xor(public, b"".join(part for part, _ in zip(cycle([key[:16], key[16:]]), range(count), strict=False)))


# --- keys and IVs ---


class ShortKeysRepeated(Aes):
    """Repeats a key of 16 bytes."""

    found_by = ("CIP-21",)

    def admit(self, key: bytes, iv: bytes) -> None:
        if len(octets(key)) not in (16, 32) or len(octets(iv)) != 16:
            raise InvalidKeyError("a wrong length")

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return super().encryptor(octets(key) * (32 // len(key)), iv)


class DecryptorTakesAnyKey(Aes):
    """The encryptor looks at the length of the key; the decryptor cuts and pads."""

    found_by = ("CIP-21",)

    def decryptor(self, key: bytes, iv: bytes) -> Any:
        return super().decryptor(octets(key)[:32].ljust(32, b"\0"), iv)


class CheckKeyIgnoresLength(Aes):
    """check_key looks at nothing."""

    found_by = ("CIP-21",)

    def check_key(self, key: bytes) -> None:
        return


class ValueErrorForKeys(Aes):
    """Lets the library's ValueError through."""

    found_by = ("CIP-21",)

    def admit(self, key: bytes, iv: bytes) -> None:
        AES256(octets(key))
        if len(octets(iv)) != 16:
            raise InvalidKeyError("an IV has 16 bytes")


class PadsIv(Aes):
    """Pads a short IV with zeros."""

    found_by = ("CIP-22",)

    def admit(self, key: bytes, iv: bytes) -> None:
        if len(octets(key)) != 32 or len(octets(iv)) > 16:
            raise InvalidKeyError("a wrong length")


class CutsIv(Aes):
    """Cuts a long IV."""

    found_by = ("CIP-22",)

    def admit(self, key: bytes, iv: bytes) -> None:
        if len(octets(key)) != 32 or len(octets(iv)) < 16:
            raise InvalidKeyError("a wrong length")

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return super().encryptor(key, iv[:16])


class KeyHalfUsed(Aes):
    """Uses the first half of the key, twice."""

    found_by = ("CIP-23",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return super().blocks(key[:16] * 2, iv, first, count)


class ParityIgnored(Aes):
    """Ignores the low bit of each byte of the key, and does not say so."""

    found_by = ("CIP-23",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return super().blocks(bytes(octet & 0xFE for octet in key), iv, first, count)


class ClaimsIgnoredBits(Aes):
    """Claims that the low bit of each byte has no effect; it has."""

    found_by = ("CIP-23",)
    vectors = "tests/zoo/false_claims.json"


class IvIgnored(Aes):
    """Ignores the IV."""

    found_by = ("CIP-24", "CIP-11")

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        return super().counters(bytes(16), first, count)


class IvCut(Aes):
    """Uses 96 bits of the IV, as GCM does, and counts in the rest."""

    found_by = ("CIP-24",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        return super().counters(iv[:12] + bytes(4), first, count)


class IvSigned(Aes):
    """Takes the IV as a signed number and counts from its absolute value."""

    found_by = ("CIP-31",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        start = abs(int.from_bytes(iv, signed=True) + 1)
        return super().counters(start.to_bytes(16), first, count)


class RefusesZeros(Aes):
    """Calls keys with a repeated byte weak, and declares none."""

    found_by = ("CIP-25",)

    def check_key(self, key: bytes) -> None:
        super().check_key(key)
        if len(set(key)) == 1:
            raise InvalidKeyError("weak")


class RefusesOneInTwenty(Aes):
    """Calls one random key in twenty weak."""

    found_by = ("CIP-25",)

    def check_key(self, key: bytes) -> None:
        super().check_key(key)
        if octets(key)[0] % 20 == 7:
            raise InvalidKeyError("weak")


class WeakKeysTaken(Aes):
    """Claims weak keys and takes them."""

    found_by = ("CIP-25",)
    vectors = "tests/zoo/false_claims.json"


class CheckKeyAnswers(Aes):
    """check_key answers with False instead of raising."""

    found_by = ("CIP-25",)

    def check_key(self, key: bytes) -> Any:
        return len(octets(key)) == 32


class ScheduleCache(Aes):
    """Caches schedules by the first sixteen bytes of the key."""

    found_by = ("CIP-26", "CIP-23")
    cache: ClassVar[dict[bytes, bytes]] = {}

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return super().blocks(self.cache.setdefault(key[:16], key), iv, first, count)


class ScheduleCacheById(Aes):
    """Caches schedules by the identity of the key object."""

    found_by = ("CIP-26", "GEN-05")
    cache: ClassVar[dict[int, bytes]] = {}

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return super().encryptor(self.cache.setdefault(id(key), bytes(bytearray(key))), iv)


# --- counters ---


class Wraps32(Aes):
    """The counter wraps at 2^32, as GCM's does."""

    found_by = ("CIP-31",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        low = int.from_bytes(iv[12:])
        return b"".join(iv[:12] + ((low + n) % 2**32).to_bytes(4) for n in range(first, first + count))


class Wraps64(Aes):
    """The counter wraps at 2^64."""

    found_by = ("CIP-31", "CIP-51")

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        low = int.from_bytes(iv[8:])
        return b"".join(iv[:8] + ((low + n) % 2**64).to_bytes(8) for n in range(first, first + count))


class SaturatingCounter(Aes):
    """The counter stays at its largest value."""

    found_by = ("CIP-31",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        start = int.from_bytes(iv)
        return b"".join(min(start + n, 2**128 - 1).to_bytes(16) for n in range(first, first + count))


class SkipsZero(Aes):
    """The counter skips zero when it wraps."""

    found_by = ("CIP-31",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        start = int.from_bytes(iv)
        values = ((start + n) % 2**128 + (start + n >= 2**128) for n in range(first, first + count))
        return b"".join(value.to_bytes(16) for value in values)


class LittleEndianWrap(Aes):
    """Counts little-endian, in the first four bytes only."""

    found_by = ("CIP-31", "CIP-51")

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        low = int.from_bytes(iv[:4], "little")
        return b"".join(((low + n) % 2**32).to_bytes(4, "little") + iv[4:] for n in range(first, first + count))


class LosesOneCarry(Aes):
    """Loses the carry between the two 32-bit words in the middle."""

    found_by = ("CIP-31",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        start = int.from_bytes(iv)
        low = start % 2**64
        high = start - low
        return b"".join((high + (low + n) % 2**64).to_bytes(16) for n in range(first, first + count))


class NoLimit(TripleDesOfCryptography):
    """Triple DES with a limit of 2^36 bytes under one key."""

    found_by = ("CIP-32",)
    max_bytes_per_key = 2**36


class TinyLimit(Aes):
    """May encrypt 1,000 bytes under one key."""

    found_by = ("CIP-32",)
    max_bytes_per_key = 1000


class LimitNotEnforced(TripleDesOfCryptography):
    """Claims to refuse what is beyond its limit, and goes on."""

    found_by = ("CIP-33",)

    def encryptor(self, key: bytes, iv: bytes) -> LibraryStream:
        if len(octets(key)) != 24 or len(octets(iv)) != 8:
            raise InvalidKeyError("a key of another length")
        return LibraryStream(self.start(octets(key), octets(iv)), 2**40)

    decryptor = encryptor


class BeginsAgainAtTheLimit(TripleDesOfCryptography):
    """Refuses one record at its limit, and then begins again."""

    found_by = ("CIP-33",)

    def encryptor(self, key: bytes, iv: bytes) -> LibraryStream:
        if len(octets(key)) != 24 or len(octets(iv)) != 8:
            raise InvalidKeyError("a key of another length")
        return ForgetsItsLimit(self.start(octets(key), octets(iv)), self.max_bytes_per_key)

    decryptor = encryptor


class ForgetsItsLimit(LibraryStream):
    __slots__ = ()

    def encrypt(self, record: bytes) -> bytes:
        try:
            return super().encrypt(record)
        except MisuseError:
            self._left = 2**23
            raise

    decrypt = encrypt


# --- wrong algorithms that are ciphers all the same ---


class OutputFeedback(Library):
    """OFB under the name of CTR."""

    found_by = ("CIP-51",)
    info = Aes.info
    key_size, iv_size, max_bytes_per_key = 32, 16, 2**36

    def start(self, key: bytes, iv: bytes) -> Any:
        return Cipher(AES256(key), OFB(iv)).encryptor()


class CountsFromOne(Aes):
    """The first counter block is IV + 1."""

    found_by = ("CIP-51",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        return super().counters(iv, first + 1, count)


class LittleEndianCounter(Aes):
    """Counts little-endian."""

    found_by = ("CIP-51",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        start = int.from_bytes(iv, "little")
        return b"".join(((start + n) % 2**128).to_bytes(16, "little") for n in range(first, first + count))


class KeyReversed(Aes):
    """Reads the key from its end."""

    found_by = ("CIP-51",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return super().blocks(key[::-1], iv, first, count)


class BlocksSwapped(Aes):
    """Gives the halves of each block in the other order."""

    found_by = ("CIP-51",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        stream = super().blocks(key, iv, first, count)
        return b"".join(stream[at + 8 : at + 16] + stream[at : at + 8] for at in range(0, len(stream), 16))


class AlikeAnswers(Aes):
    """Right, but with known answers that miss keys, IVs and sizes."""

    found_by = ("CIP-52",)
    vectors = "tests/zoo/few_answers.json"
