"""Broken on purpose: plugins whose flaws the checks in `checks/generic/copies.py` find."""

from typing import Any, ClassVar

from tests.zoo.key_exchange.genuine import X25519Dhkem
from tests.zoo.mac.genuine import Hmac


class LastKeyInClass(Hmac):
    """Keeps a copy of the last key in the class, to compare the next one with."""

    found_by = ("GEN-26",)
    last: ClassVar[bytearray] = bytearray()

    def compute(self, key: bytes, message: bytes) -> bytes:
        self.last[:] = key
        return super().compute(key, message)


class LastEphemeralKept(X25519Dhkem):
    """Keeps the hex of the last ephemeral key for a debugger."""

    found_by = ("GEN-26",)
    seen: ClassVar[list[str]] = []

    def ephemeral(self, public_key: bytes, random_bytes: Any) -> bytes:
        drawn = super().ephemeral(public_key, random_bytes)
        self.seen[:] = [drawn.hex()]
        return drawn
