"""What has arrived and is no frame yet."""

import pytest

from framework.events import FailureReason
from framework.frame import FrameBuffer, FrameType, encode_header
from framework.violation import ProtocolViolation


class Seen(list[tuple[FrameType, int]]):
    """A check that lets everything pass, and the headers that it saw."""

    def __call__(self, frame_type: FrameType, body_size: int) -> None:
        self.append((frame_type, body_size))


def record(body: bytes) -> bytes:
    return encode_header(FrameType.RECORD, len(body)) + body


def test_a_frame_is_given_when_it_is_whole() -> None:
    buffer, seen = FrameBuffer(), Seen()
    wire = record(b"abc")
    for byte in wire[:7]:
        buffer.append(bytes([byte]))
        assert buffer.take(seen) is None
    assert not seen
    buffer.append(wire[7:8])
    assert buffer.take(seen) is None
    assert seen == [(FrameType.RECORD, 3)], "seen before a byte of the body is waited for"
    buffer.append(wire[8:10])
    assert buffer.take(seen) is None
    assert len(buffer) == 10
    buffer.append(wire[10:] + b"next")
    assert buffer.take(seen) == wire
    assert len(buffer) == 4
    assert buffer.take(seen) is None


def test_several_frames_in_one_portion_come_one_by_one() -> None:
    buffer, seen = FrameBuffer(), Seen()
    wires = [record(body) for body in (b"", b"x", b"yy" * 500)]
    for first in (0, 5):  # in one portion, and behind another's first bytes
        wire = b"".join(wires)
        buffer.append(wire[:first])
        buffer.append(wire[first:])
        taken = []
        while (frame := buffer.take(seen)) is not None:
            taken.append(frame)
            assert type(frame) is bytes
        assert taken == wires
        assert len(buffer) == 0
    assert seen == [(FrameType.RECORD, size) for size in (0, 1, 1000)] * 2


def test_a_frame_that_is_refused_is_refused_before_its_body_is_there() -> None:
    def refusing(frame_type: FrameType, body_size: int) -> None:
        raise ProtocolViolation(FailureReason.MALFORMED, f"{frame_type.name} of {body_size}")

    buffer = FrameBuffer()
    buffer.append(encode_header(FrameType.M2, 2**32 - 1))
    with pytest.raises(ProtocolViolation, match="M2 of 4294967295"):
        buffer.take(refusing)


def test_a_wrong_header_is_found_wherever_it_stands() -> None:
    buffer, seen = FrameBuffer(), Seen()
    buffer.append(record(b"x") + bytes(8))
    assert buffer.take(seen) is not None
    with pytest.raises(ProtocolViolation):
        buffer.take(seen)
    assert seen == [(FrameType.RECORD, 1)]


def test_what_was_taken_whole_is_let_go_of_at_once() -> None:
    buffer, seen = FrameBuffer(), Seen()
    for _ in range(1000):
        buffer.append(record(bytes(1000)))
        assert buffer.take(seen) is not None
        assert len(buffer) == 0
        assert len(buffer._data) == 0, "an idle channel holds nothing"


def test_a_cleared_buffer_is_a_new_one() -> None:
    buffer, seen = FrameBuffer(), Seen()
    buffer.append(record(b"x") + b"yz")
    buffer.take(seen)
    buffer.clear()
    assert (len(buffer), buffer.take(seen)) == (0, None)
    buffer.append(encode_header(FrameType.M1, 0))
    assert buffer.take(seen) == encode_header(FrameType.M1, 0)
