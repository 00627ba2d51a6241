"""The card secret: 32 random bytes that a card holds and a bank knows only the digest of."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from typing import Final

from framework import SecretValue

_HEX = re.compile(r"[0-9a-f]{64}")


class CardSecret(SecretValue):
    """The 32 bytes that prove possession of a card. Neither `repr` nor pickling nor an error gives them away."""

    SIZE: Final = 32
    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        if len(value) != self.SIZE:
            raise ValueError("a card secret has 32 bytes")
        self._value = bytes(value)

    @classmethod
    def generate(cls, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> "CardSecret":
        """Draw a fresh secret."""
        return cls(random_bytes(cls.SIZE))

    @classmethod
    def from_hex(cls, text: str) -> "CardSecret":
        """Read 64 lower-case hex digits. Raises ValueError, which repeats nothing of `text`."""
        if _HEX.fullmatch(text) is None:
            raise ValueError("a card secret is written as 64 lower-case hex digits")
        return cls(bytes.fromhex(text))

    def hex(self) -> str:
        """Write the secret out, for the card file and the channel alone."""
        return self._value.hex()

    def digest(self) -> bytes:
        """SHA-256 of the secret, 32 bytes: all that the bank keeps.

        A slow hash would add nothing: it makes guesses dear, and 32 random bytes cannot be guessed.
        """
        return hashlib.sha256(self._value).digest()

    __hash__ = None  # type: ignore[assignment]  # a hash would be a function of the secret

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CardSecret) and hmac.compare_digest(self._value, other._value)

    def __repr__(self) -> str:
        return f"CardSecret({self.SIZE} bytes)"
