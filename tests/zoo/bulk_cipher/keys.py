"""Broken on purpose: plugins whose flaws the checks in `checks/bulk_cipher/keys.py` find."""

from typing import Any, ClassVar

from cryptography.hazmat.primitives.ciphers.algorithms import AES256

from framework import InvalidKeyError
from tests.zoo.bulk_cipher.genuine import Aes
from tests.zoo.octets import octets


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
