"""The inner plaintext of a record: content type, timestamp, length, data, zeros (PROTOCOL §6.1)."""

from enum import IntEnum
from struct import Struct
from typing import NamedTuple

from framework.events import FailureReason
from framework.violation import ProtocolViolation

_PREFIX = Struct(">BQI")
PREFIX_SIZE = _PREFIX.size


class ContentType(IntEnum):
    """What a record says."""

    DATA = 1
    CLOSE_NOTIFY = 2
    KEY_UPDATE = 3


# By names of their own: on the path of every record, each look into an Enum would cost as much as a call.
DATA, CLOSE_NOTIFY, KEY_UPDATE = ContentType

_CONTENT_TYPES = {int(content_type): content_type for content_type in ContentType}


class Inner(NamedTuple):
    """A record's plaintext without its padding; `timestamp` in Unix milliseconds. Its `repr` hides the data."""

    content_type: ContentType
    timestamp: int
    data: bytes

    def __repr__(self) -> str:
        return f"Inner({self.content_type.name}, {self.timestamp}, {len(self.data)} bytes)"


def padded_size(data_size: int, quantum: int) -> int:
    """Bytes of the inner plaintext that carries `data_size` bytes of data."""
    size = PREFIX_SIZE + data_size
    return size + -size % quantum


def encode_inner(content_type: ContentType, timestamp: int, data: bytes, quantum: int) -> bytes:
    """Encode and pad to the least multiple of `quantum` bytes."""
    size = len(data)
    return (_PREFIX.pack(content_type, timestamp, size) + data).ljust(padded_size(size, quantum), b"\0")


def parse_inner(plaintext: bytes, quantum: int) -> Inner:
    """Decode; what parses re-encodes to the same bytes. Raises ProtocolViolation."""
    if len(plaintext) < PREFIX_SIZE:
        raise ProtocolViolation(FailureReason.MALFORMED, "a record shorter than its own prefix")
    number, timestamp, size = _PREFIX.unpack_from(plaintext)
    content_type = _CONTENT_TYPES.get(number)
    if content_type is None:
        raise ProtocolViolation(FailureReason.MALFORMED, "an unknown content type")
    if padded_size(size, quantum) != len(plaintext):
        raise ProtocolViolation(FailureReason.MALFORMED, "an inner length that does not fit its record")
    if size and content_type is not DATA:
        raise ProtocolViolation(FailureReason.MALFORMED, "data in a record that carries none")
    end = PREFIX_SIZE + size
    if plaintext[:end].ljust(len(plaintext), b"\0") != plaintext:
        raise ProtocolViolation(FailureReason.MALFORMED, "padding that is not zero")
    return Inner(content_type, timestamp, plaintext[PREFIX_SIZE:end])
