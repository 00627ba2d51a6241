"""The plugin `mine`: ChaCha20 as a bulk cipher."""

from collections.abc import Callable

from framework.plugin import (
    BulkCipher,
    InvalidKeyError,
    MisuseError,
    PrimitiveInfo,
    SecretValue,
    Status,
    as_bytes,
    hookimpl,
)
from suitecase_mine.chacha import BLOCK_SIZE, keystream

FIRST_BATCH, LARGEST_BATCH = 16, 1024
"""Blocks made at once: few at first, for a handshake message is short; then more, which is faster."""


class Mine:
    """The cipher `mine`."""

    info = PrimitiveInfo(
        name="mine",
        title="ChaCha20",
        security_bits=256,
        status=Status.EXPERIMENTAL,
        reference="RFC 8439 §2.4",
    )
    key_size = 32
    iv_size = 12
    max_bytes_per_key = 1 << 24

    def encryptor(self, key: bytes, iv: bytes) -> "Stream":
        """Start encrypting."""
        return Stream(of_size(key, self.key_size), of_size(iv, self.iv_size), self.max_bytes_per_key)

    def decryptor(self, key: bytes, iv: bytes) -> "Stream":
        """Start decrypting, which is the same."""
        return self.encryptor(key, iv)

    def check_key(self, key: bytes) -> None:
        """Raise InvalidKeyError for a wrong length; ChaCha20 has no weak keys."""
        of_size(key, self.key_size)


class Stream(SecretValue):
    """One direction of one epoch: the position in the keystream, and what of it was made ahead."""

    __slots__ = ("_batch", "_block", "_iv", "_key", "_left", "_rest")

    def __init__(self, key: bytes, iv: bytes, limit: int) -> None:
        self._key, self._iv, self._left = key, iv, limit
        self._block, self._batch, self._rest = 0, FIRST_BATCH, b""

    def encrypt(self, record: bytes) -> bytes:
        """Encrypt the next record. Raises MisuseError beyond the limit of the key."""
        data = as_bytes(record, "the record")
        if len(data) > self._left:
            raise MisuseError("this key has encrypted all that it may: rekey first")
        self._left -= len(data)
        pieces, size = [self._rest], len(self._rest)
        while size < len(data):
            pieces.append(keystream(self._key, self._iv, self._block, self._batch))
            size += BLOCK_SIZE * self._batch
            self._block += self._batch
            self._batch = min(2 * self._batch, LARGEST_BATCH)
        stream = b"".join(pieces)
        self._rest = stream[len(data) :]
        mixed = int.from_bytes(data) ^ int.from_bytes(stream[: len(data)])
        return mixed.to_bytes(len(data))

    def decrypt(self, record: bytes) -> bytes:
        """Decrypt the next record, which is the same."""
        return self.encrypt(record)


def of_size(value: object, size: int) -> bytes:
    """Take a key or an IV from any buffer. Raises InvalidKeyError unless it has `size` bytes."""
    data = as_bytes(value, "a key or an IV")
    if len(data) != size:
        raise InvalidKeyError(f"{size} bytes are due, not {len(data)}")
    return data


@hookimpl
def register_bulk_ciphers(register: Callable[[BulkCipher], None]) -> None:
    """Offer the cipher."""
    register(Mine())
