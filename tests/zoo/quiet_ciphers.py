"""Ciphers whose flaw few inputs reach: keys that are taken for text, records of one size or content, far positions."""

from typing import Any, ClassVar

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from framework import InvalidKeyError
from tests.zoo.ciphers import Aes, AesOfCryptography, Stream, octets, xor


class LastLetterOfKey(Aes):
    """Folds the case of a key's last byte, where that is a letter."""

    found_by = ("CIP-23",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return super().blocks(key[:-1] + key[-1:].lower(), iv, first, count)


class DigitsOfKey(Aes):
    """Takes a key that ends in four digits for one in the other byte order."""

    found_by = ("CIP-23",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return super().blocks(key[::-1] if key[-4:].isdigit() else key, iv, first, count)


class HalvesOfKey(Aes):
    """Exchanges the halves of a key that begins with three letters."""

    found_by = ("CIP-23",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return super().blocks(key[16:] + key[:16] if key[:3].isalpha() else key, iv, first, count)


class IvOfText(Aes):
    """Strips white space off the IV, as of a line in a file, and fills it up with zeros."""

    found_by = ("CIP-24",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        return super().counters(iv.strip().ljust(16, b"\0"), first, count)


class LettersOfIv(Aes):
    """Folds the case of the last four bytes of an IV, where they are letters."""

    found_by = ("CIP-24",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        return super().counters(iv[:-4] + iv[-4:].lower() if iv[-4:].isalpha() else iv, first, count)


class SectorPath(Aes):
    """Encrypts a record of 512 bytes as a sector, from another place in the keystream."""

    found_by = ("CIP-03",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        if len(record) != 512:
            return super().mix(stream, record)
        stream.position += 512
        return xor(record, self.blocks(stream.key, stream.iv, 1 << 100 | stream.position, 32))


class PacketPath(Aes):
    """Begins a record of 1,500 bytes, the size of a packet, a block too early."""

    found_by = ("CIP-03",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        early = 16 if len(record) == 1500 and stream.position >= 16 else 0
        stream.position -= early
        mixed = super().mix(stream, record)
        stream.position += early
        return mixed


class ErasedPage(Aes):
    """Leaves a record of ones as it is, which is a page of flash memory that was erased."""

    found_by = ("CIP-06",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        mixed = super().mix(stream, record)
        return record if len(record) > 16 and set(record) == {0xFF} else mixed


class TabsToSpaces(Aes):
    """Encrypts a text with spaces for its tabs."""

    found_by = ("CIP-06",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        return super().mix(stream, record.replace(b"\t", b" ") if len(record) > 8 and record.isascii() else record)


class ZeroKeyIsNone(Aes):
    """Encrypts nothing under a key of zeros, which stands for no key."""

    found_by = ("CIP-27",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return super().blocks(key, iv, first, count) if any(key) else bytes(16 * count)


class OneByteKey(Aes):
    """Gives one block for ever under a key that repeats one byte."""

    found_by = ("CIP-27",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return super().blocks(key, iv, 0, 1) * count if len(set(key)) == 1 else super().blocks(key, iv, first, count)


class StricterThanItsCheck(Aes):
    """Refuses keys of two equal halves, which its check takes."""

    found_by = ("CIP-27",)

    def admit(self, key: bytes, iv: bytes) -> None:
        super().admit(key, iv)
        if octets(key)[:16] == octets(key)[16:]:
            raise InvalidKeyError("two equal halves")


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


class CheckValue(Aes):
    """Keeps the check value of the last key in the class: eight bytes that the key encrypts zeros to."""

    found_by = ("GEN-27",)
    last: ClassVar[bytearray] = bytearray()

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        self.last[:] = self.blocks(octets(key), bytes(16), 0, 1)[:8]
        return super().encryptor(key, iv)
