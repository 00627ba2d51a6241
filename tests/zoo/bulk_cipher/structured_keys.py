"""Broken on purpose: plugins whose flaws the checks in `checks/bulk_cipher/structured_keys.py` find."""

from framework import InvalidKeyError
from tests.zoo.bulk_cipher.genuine import Aes
from tests.zoo.octets import octets


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
