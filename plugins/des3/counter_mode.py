"""One direction of one epoch: the keystream, made ahead in batches, and its XOR with the records (SP 800-38A §6.5)."""

from io import BytesIO
from typing import Protocol

from bitarray import bitarray

from framework.plugin import MisuseError, SecretValue, as_bytes

BLOCK_SIZE = 8

FIRST_BATCH = 1 << 14
"""Bytes of keystream made for the first record: a smaller batch takes hardly less time."""

STEADY_BATCH = 1 << 16
"""Bytes that batches grow to, doubling, while records are small: the keystream that an idle epoch holds at most."""

LARGEST_BATCH = 1 << 18
"""Bytes that batches grow to while records are bulk."""

BULK_RECORD = 1 << 15
"""Bytes of a record that counts as bulk."""


class Keystream(Protocol):
    """What an engine makes of a key: E(K, counter) for runs of counters."""

    def blocks(self, first: int, count: int) -> bytes | memoryview:
        """Give E(K, first) ‖ E(K, first+1) ‖ …; `count`, in blocks of 8 bytes, is 64 times a power of two.

        A memoryview is the caller's until the next call: its memory is used again.
        """
        ...


class CounterMode(SecretValue):
    """The keystream of an epoch and the records XORed with it so far.

    Counter block i is (iv + i) mod 2^64 and the keystream continues byte by byte from record to record. No more than
    `limit` bytes are ever made, so none is used twice. Between records it holds up to STEADY_BATCH bytes of keystream,
    up to LARGEST_BATCH where records are bulk.
    """

    __slots__ = ("_batch", "_counter", "_keystream", "_left", "_made", "_position", "_unmade")

    def __init__(self, keystream: Keystream, iv: bytes, limit: int) -> None:
        self._keystream = keystream
        self._counter = int.from_bytes(iv, "big")
        self._unmade = limit
        self._made = FIRST_BATCH >> 1
        self._batch = bitarray(endian="big")
        self._position = 0
        self._left = 0

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._left + self._unmade} bytes of the epoch left)"

    def apply(self, record: bytes) -> bytes:
        """XOR the next record with the keystream. Raises MisuseError when the key has not enough left for it."""
        data = record if type(record) is bytes else as_bytes(record, "the record")
        size = len(data)
        if size <= self._left:
            first = self._position
            self._position = after = first + size
            self._left -= size
            mixed = self._batch[8 * first : 8 * after]
            mixed ^= bitarray(None, "big", data)  # by position: keywords cost more than the XOR
            return mixed.tobytes()
        if size > self._left + self._unmade:
            raise MisuseError(
                f"a record of {size} bytes, but this key may encrypt only {self._left + self._unmade} more: rekey first"
            )
        # BytesIO copies the record once, lets the copy be changed in place and, with no view left, gives it out itself.
        result = BytesIO(data)
        with result.getbuffer() as view:
            done = 0
            while done < size:
                if not self._left:
                    self._make_batch(size)
                part = min(size - done, self._left)
                self._xor_into(view[done : done + part])
                done += part
        return result.getvalue()

    def _xor_into(self, part: memoryview) -> None:
        """XOR memory with as much of the batch at hand, which it uses up."""
        batch = memoryview(self._batch)[self._position : self._position + len(part)]
        mixed = bitarray(buffer=part, endian="big")
        mixed ^= bitarray(buffer=batch, endian="big")
        self._position += len(part)
        self._left -= len(part)

    def _make_batch(self, record_size: int) -> None:
        """Make the next batch: twice the last one, or at once as much as the record has, within bounds."""
        most = LARGEST_BATCH if record_size >= BULK_RECORD else STEADY_BATCH
        wanted = min(max(2 * self._made, record_size), most, self._unmade)
        blocks = max(wanted // BLOCK_SIZE, 64)
        blocks = 1 << blocks.bit_length() - 1
        batch = self._keystream.blocks(self._counter, blocks)[: self._unmade]
        self._counter = (self._counter + blocks) % (1 << 64)
        self._unmade -= len(batch)
        self._made = len(batch)
        self._batch = bitarray(buffer=batch, endian="big")
        self._position, self._left = 0, len(batch)


class CounterModeEncryptor(CounterMode):
    """One direction of one epoch, sending."""

    __slots__ = ()

    encrypt = CounterMode.apply


class CounterModeDecryptor(CounterMode):
    """One direction of one epoch, receiving."""

    __slots__ = ()

    decrypt = CounterMode.apply
