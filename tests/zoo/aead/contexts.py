"""Broken on purpose: plugins whose flaws the checks in `checks/aead/contexts.py` find."""

from typing import Any

from framework import VerificationError
from tests.zoo.aead.genuine import Context, Gcm
from tests.zoo.octets import octets


class FailureSticks(Gcm):
    """Refuses everything after a failed open."""

    found_by = ("AEAD-09",)

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return Sticks(self, octets(key))


class Sticks(Context):
    __slots__ = ("_failed",)

    def open(self, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
        if hasattr(self, "_failed"):
            raise VerificationError
        try:
            return super().open(nonce, ciphertext, associated_data)
        except VerificationError:
            self._failed = True
            raise
