"""The payload of a sealed part: `u64(timestamp_ms) ‖ zeros` (PROTOCOL §4.3 to §4.5)."""

from struct import Struct

from framework.events import FailureReason
from framework.violation import ProtocolViolation

_TIMESTAMP = Struct(">Q")


def encode_payload(timestamp: int, size: int) -> bytes:
    """`u64(timestamp_ms) ‖ zeros`, `size` bytes."""
    return _TIMESTAMP.pack(timestamp).ljust(size, b"\0")


def parse_payload(payload: bytes) -> int:
    """The timestamp in Unix milliseconds. Raises ProtocolViolation unless the reserved bytes are zero."""
    if any(payload[_TIMESTAMP.size :]):
        raise ProtocolViolation(FailureReason.MALFORMED, "reserved bytes of a handshake message that are not zero")
    timestamp: int = _TIMESTAMP.unpack_from(payload)[0]
    return timestamp
