"""Broken on purpose: plugins whose flaws the checks in `checks/generic/threads.py` find."""

from typing import Any, ClassVar

from tests.zoo.bulk_cipher.genuine import Aes, Stream
from tests.zoo.key_exchange.genuine import X25519Dhkem
from tests.zoo.mac.genuine import Hmac


class SharedBuffer(Aes):
    """Puts record and keystream into the instance before it XORs them."""

    found_by = ("GEN-32",)

    def mix(self, stream: Stream, record: bytes) -> bytes:
        self.record = record
        self.stream = self.piece(stream, len(record))
        stream.position += len(record)
        size = min(len(self.record), len(self.stream))
        both = int.from_bytes(self.record[:size]) ^ int.from_bytes(self.stream[:size])
        return both.to_bytes(size)


class KeyInClass(Hmac):
    """Puts the key into the class while it computes."""

    found_by = ("GEN-32",)
    current: ClassVar[bytes] = b""

    def compute(self, key: bytes, message: bytes) -> bytes:
        type(self).current = key
        return super().compute(type(self).current, message)


class EphemeralInInstance(X25519Dhkem):
    """Puts the ephemeral key into the instance before it is used."""

    found_by = ("GEN-32",)
    kept: bytes

    def ephemeral(self, public_key: bytes, random_bytes: Any) -> bytes:
        self.kept = super().ephemeral(public_key, random_bytes)
        return self.kept
