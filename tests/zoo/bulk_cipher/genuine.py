"""Good plugins, and what specimens are made of."""

from functools import cache
from typing import Any, ClassVar

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256, ChaCha20
from cryptography.hazmat.primitives.ciphers.modes import CTR, ECB

from framework import InvalidKeyError, MisuseError, PrimitiveInfo, Status
from tests.zoo.octets import octets, xor
from tests.zoo.species import CipherSpecimen


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
