"""The bodies of M1, M2 and M3: fields of exact sizes, which are constants of the suite (PROTOCOL §4.3 to §4.5)."""

from collections.abc import Iterable
from struct import Struct
from typing import NamedTuple

from framework.events import FailureReason
from framework.fault import Fault
from framework.frame import FrameType
from framework.handshake.key_schedule import MAC1_SIZE
from framework.suite import Suite

NONCE_SIZE = 32

PAYLOAD_1_SIZE = 64
PAYLOAD_SIZE = 32

_TIMESTAMP = Struct(">Q")


class M1(NamedTuple):
    """Client to server: `mac1[16] ‖ nC[32] ‖ ctS ‖ C1`."""

    mac1: bytes
    nonce: bytes
    ciphertext: bytes
    sealed: bytes


class M2(NamedTuple):
    """Server to client: `nS[32] ‖ ctE ‖ C2`."""

    nonce: bytes
    ciphertext: bytes
    sealed: bytes


class M3(NamedTuple):
    """Client to server: `C3`."""

    sealed: bytes


def field_sizes(suite: Suite, frame_type: FrameType) -> tuple[int, ...]:
    """The sizes in bytes of a handshake message's fields, in order."""
    kex, tag = suite.key_exchange, suite.tag_size
    if frame_type is FrameType.M1:
        sealed = kex.public_key_size + PAYLOAD_1_SIZE + tag
        return (MAC1_SIZE, NONCE_SIZE, kex.ciphertext_size, sealed)
    if frame_type is FrameType.M2:
        return (NONCE_SIZE, kex.ciphertext_size, PAYLOAD_SIZE + tag)
    return (PAYLOAD_SIZE + tag,)


def body_size(suite: Suite, frame_type: FrameType) -> int:
    """The exact size in bytes of a handshake message's body."""
    return sum(field_sizes(suite, frame_type))


def split(body: bytes, sizes: Iterable[int]) -> list[bytes]:
    """Cut a body, whose size has been checked, into its fields."""
    fields, start = [], 0
    for size in sizes:
        fields.append(body[start : start + size])
        start += size
    return fields


def encode_payload(timestamp: int, size: int) -> bytes:
    """`u64(timestamp_ms) ‖ zeros`, `size` bytes."""
    return _TIMESTAMP.pack(timestamp).ljust(size, b"\0")


def parse_payload(payload: bytes) -> int:
    """The timestamp in Unix milliseconds. Raises Fault unless the reserved bytes are zero."""
    if any(payload[_TIMESTAMP.size :]):
        raise Fault(FailureReason.MALFORMED, "reserved bytes of a handshake message that are not zero")
    timestamp: int = _TIMESTAMP.unpack_from(payload)[0]
    return timestamp
