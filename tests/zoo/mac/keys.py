"""Broken on purpose: plugins whose flaws the checks in `checks/mac/keys.py` find."""

from typing import ClassVar

from framework import InvalidKeyError
from tests.zoo.mac.genuine import Hmac


class IgnoresKey(Hmac):
    """Uses a constant key."""

    found_by = ("MAC-21", "MAC-07", "MAC-41")

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(b"", message)


class SixteenByteKey(Hmac):
    """Uses 16 of the key's 32 bytes."""

    found_by = ("MAC-21",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key[:16], message)


class KeyEndsAtNul(Hmac):
    """Treats the key as a string that ends at its first NUL."""

    found_by = ("MAC-21",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key.split(b"\0")[0], message)


class StripsKey(Hmac):
    """Strips white space off the key, as of a line in a file."""

    found_by = ("MAC-21",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key.strip(), message)


class AnyKeyLength(Hmac):
    """Takes keys of any length, as HMAC itself does."""

    found_by = ("MAC-22",)

    def admit(self, key: bytes) -> None:
        return


class DefaultKey(Hmac):
    """Replaces an empty key by a default."""

    found_by = ("MAC-22",)

    def admit(self, key: bytes) -> None:
        if key:
            super().admit(key)

    def keep(self, key: bytes) -> bytes:
        return key or b"default" * 4


class WrongErrorForKeys(Hmac):
    """Raises ValueError for a key of a wrong length."""

    found_by = ("MAC-22",)

    def admit(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("a key has 32 bytes")


class AtLeastThirtyTwo(Hmac):
    """Asks for 32 bytes at least, and cuts what is more."""

    found_by = ("MAC-22",)

    def admit(self, key: bytes) -> None:
        if len(key) < 32:
            raise InvalidKeyError("too short")

    def keep(self, key: bytes) -> bytes:
        return key[:32]


class CacheByPrefix(Hmac):
    """Caches states by the first eight bytes of the key."""

    found_by = ("MAC-21", "MAC-23")
    cache: ClassVar[dict[bytes, bytes]] = {}

    def keep(self, key: bytes) -> bytes:
        return self.cache.setdefault(bytes(key[:8]), bytes(key))


class CacheById(Hmac):
    """Caches states by the identity of the key object, which is soon another key's."""

    found_by = ("MAC-23", "GEN-05")
    cache: ClassVar[dict[int, bytes]] = {}

    def keep(self, key: bytes) -> bytes:
        return self.cache.setdefault(id(key), bytes(bytearray(key)))


class LastKeyWins(Hmac):
    """Keeps the key in the class, so that the last one made is everyone's."""

    found_by = ("MAC-23", "MAC-07")
    current: ClassVar[bytes] = b""

    def keep(self, key: bytes) -> bytes:
        type(self).current = bytes(key)
        return type(self).current

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(type(self).current, message)


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
