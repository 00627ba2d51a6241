"""MACs whose flaw few inputs reach: a size that is not verified, octets that are taken for text or numbers."""

from collections.abc import Sequence
from typing import Any

from tests.zoo.macs import Hmac


class LargeUnverified(Hmac):
    """Takes any tag for a message above 2,000 bytes, which a checksum below is to protect."""

    found_by = ("MAC-09",)

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        forged = len(tag) == 32 and len(self.join(parts)) > 2000
        return None if forged else super().verify(key, tag, parts)


class BlockHalfVerified(Hmac):
    """Compares four bytes of the tag where the message fills one block exactly."""

    found_by = ("MAC-09",)

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        message = self.join(parts)
        if len(message) == 64 and len(tag) == 32:
            tag = bytes(tag)[:4] + self.compute(key, message)[4:]
        return super().verify(key, tag, parts)


class SevenPartsUnverified(Hmac):
    """Takes any tag for a message of seven parts or more."""

    found_by = ("MAC-09",)

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        return None if len(tag) == 32 and len(parts) >= 7 else super().verify(key, tag, parts)


class LastLetterOfKey(Hmac):
    """Folds the case of a key's last byte, where that is a letter."""

    found_by = ("MAC-21",)

    def keep(self, key: bytes) -> bytes:
        key = bytes(key)
        return key[:-1] + key[-1:].lower()


class DigitsOfKey(Hmac):
    """Takes a key that ends in four digits for one in the other byte order."""

    found_by = ("MAC-21",)

    def keep(self, key: bytes) -> bytes:
        key = bytes(key)
        return key[::-1] if key[-4:].isdigit() else key


class LettersBehind(Hmac):
    """Folds the case of the last four bytes of a message, where they are letters: the name of a command."""

    found_by = ("MAC-11",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message[:-4] + message[-4:].upper() if message[-4:].isalpha() else message)
