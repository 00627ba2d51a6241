"""Broken on purpose: plugins whose flaws the checks in `checks/generic/remembers.py` find."""

import hmac
from hashlib import sha256
from typing import Any, ClassVar

from framework import RandomBytes
from tests.zoo.bulk_cipher.genuine import Aes
from tests.zoo.key_exchange.genuine import X25519Dhkem
from tests.zoo.octets import octets, sized


class CheckValue(Aes):
    """Keeps the check value of the last key in the class: eight bytes that the key encrypts zeros to."""

    found_by = ("GEN-27",)
    last: ClassVar[bytearray] = bytearray()

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        self.last[:] = self.blocks(octets(key), bytes(16), 0, 1)[:8]
        return super().encryptor(key, iv)


LAST: dict[str, Any] = {}


class HashOfRandomness(X25519Dhkem):
    """Keeps a labelled hash of the last random bytes in the module, to see whether they come twice."""

    found_by = ("GEN-27",)

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        drawn = super().ephemeral(public_key, random_bytes)
        LAST["seen"] = hmac.digest(b"drawn before?", drawn, "sha256")[:16]
        return drawn


class NumberOfPrivateKey(X25519Dhkem):
    """Keeps a hash of the last private key, as a number in a tuple of the class."""

    found_by = ("GEN-27",)
    last: ClassVar[tuple[int, ...]] = ()

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        type(self).last = (0, int.from_bytes(sha256(sized(private_key, 32)).digest()))
        return super().decapsulate(private_key, ciphertext)
