"""Broken on purpose: plugins whose flaws the checks in `checks/bulk_cipher/long_use.py` find."""

from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from tests.zoo.bulk_cipher.genuine import Aes, AesOfCryptography, Stream
from tests.zoo.octets import octets, xor


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


class TwentyFourBits(AesOfCryptography):
    """Counts bytes in 24 bits: the keystream begins again behind 16 MiB."""

    found_by = ("CIP-17",)

    def start(self, key: bytes, iv: bytes) -> Any:
        return Restarting(key, iv)


class Restarting:
    def __init__(self, key: bytes, iv: bytes) -> None:
        self.key, self.iv, self.position = key, iv, 0
        self.context = Cipher(AES256(key), CTR(iv)).encryptor()

    def update(self, data: bytes) -> bytes:
        left = (1 << 24) - self.position
        if len(data) < left:
            self.position += len(data)
            return self.context.update(data)
        mixed = self.context.update(data[:left])
        self.position, self.context = 0, Cipher(AES256(self.key), CTR(self.iv)).encryptor()
        return mixed + self.update(data[left:])


class DecryptsLate(AesOfCryptography):
    """The decryptor alone counts bytes in 22 bits."""

    found_by = ("CIP-17",)

    def decryptor(self, key: bytes, iv: bytes) -> Any:
        return Wrapping(super().encryptor(key, iv), super().encryptor(key, iv))


class Wrapping:
    __slots__ = ("_again", "_position", "_stream")

    def __init__(self, stream: Any, again: Any) -> None:
        self._stream, self._again, self._position = stream, again, 0

    def decrypt(self, record: bytes) -> Any:
        self._position += len(octets(record))
        if self._position >> 22 and self._again is not None:
            self._stream, self._again = self._again, None
        return self._stream.decrypt(record)
