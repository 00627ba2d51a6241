"""Frames: the header of eight bytes that stands before everything on the wire (PROTOCOL §4.1)."""

from collections.abc import Callable
from enum import IntEnum
from struct import Struct

from framework.events import FailureReason
from framework.violation import ProtocolViolation

HEADER_SIZE = 8
VERSION = 1

_HEADER = Struct(">BBHI")


class FrameType(IntEnum):
    """What a frame carries."""

    M1 = 1
    M2 = 2
    M3 = 3
    RECORD = 4


RECORD = FrameType.RECORD

_TYPES = {int(frame_type): frame_type for frame_type in FrameType}


def encode_header(frame_type: FrameType, body_size: int) -> bytes:
    """Make the header of a frame whose body has `body_size` bytes."""
    return _HEADER.pack(frame_type, VERSION, 0, body_size)


def parse_header(data: bytes | bytearray, offset: int = 0) -> tuple[FrameType, int]:
    """Read the header at `offset`: its type and the body's size in bytes. Raises ProtocolViolation."""
    number, version, reserved, body_size = _HEADER.unpack_from(data, offset)
    frame_type = _TYPES.get(number)
    if frame_type is None or version != VERSION or reserved != 0:
        raise ProtocolViolation(FailureReason.MALFORMED, "a frame header that the protocol does not know")
    return frame_type, body_size


class FrameBuffer:
    """What has arrived and is not yet a whole frame, in any portions: at most one frame and one portion."""

    __slots__ = ("_data", "_start")

    def __init__(self) -> None:
        self._data: bytes | bytearray = b""
        self._start = 0

    def __len__(self) -> int:
        return len(self._data) - self._start

    def append(self, portion: bytes) -> None:
        """Take bytes from the network."""
        if not self._data:  # the usual case: a portion of whole frames is not copied
            self._data = portion
            return
        if not isinstance(self._data, bytearray):
            self._data = bytearray(self._data)
        del self._data[: self._start]
        self._data += portion
        self._start = 0

    def take(self, check: Callable[[FrameType, int], None]) -> bytes | None:
        """Cut off the next frame, header and all, if it is there whole.

        `check` is given its type and its body's size as soon as the header is there, and raises ProtocolViolation for
        a frame that must not come. Raises ProtocolViolation itself for a header that the protocol does not know.
        """
        data, start = self._data, self._start
        there = len(data)
        if there < start + HEADER_SIZE:
            return None
        frame_type, body_size = parse_header(data, start)
        check(frame_type, body_size)
        end = start + HEADER_SIZE + body_size
        if there < end:
            return None
        if there == end:
            self._data, self._start = b"", 0
        else:
            self._start = end
        frame = data[start:end]  # of `bytes` that are one frame, Python makes no copy
        return frame if type(frame) is bytes else bytes(frame)

    def clear(self) -> None:
        """Forget everything."""
        self._data = b""
        self._start = 0
