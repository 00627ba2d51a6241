"""What has arrived and is no frame yet."""

import pytest

from framework.fault import Fault
from framework.frame import FrameBuffer, FrameType, encode_header


def test_a_frame_is_given_when_it_is_whole() -> None:
    buffer = FrameBuffer()
    wire = encode_header(FrameType.RECORD, 3) + b"abc"
    for byte in wire[:7]:
        buffer.append(bytes([byte]))
        assert buffer.header() is None
    buffer.append(wire[7:8])
    assert buffer.header() == (FrameType.RECORD, 3)
    assert buffer.take(3) is None
    buffer.append(wire[8:10])
    assert buffer.take(3) is None
    assert len(buffer) == 10
    buffer.append(wire[10:] + b"next")
    assert buffer.take(3) == (wire[:8], b"abc")
    assert len(buffer) == 4
    assert buffer.header() is None


def test_several_frames_in_one_portion_come_one_by_one() -> None:
    buffer = FrameBuffer()
    bodies = [b"", b"x", b"yy" * 500]
    buffer.append(b"".join(encode_header(FrameType.RECORD, len(body)) + body for body in bodies))
    taken = []
    while (header := buffer.header()) is not None:
        frame = buffer.take(header[1])
        assert frame is not None
        taken.append(frame[1])
        assert type(frame[0]) is type(frame[1]) is bytes
    assert taken == bodies
    assert len(buffer) == 0


def test_a_wrong_header_is_found_wherever_it_stands() -> None:
    buffer = FrameBuffer()
    buffer.append(encode_header(FrameType.RECORD, 1) + b"x" + bytes(8))
    assert buffer.take(1) is not None
    with pytest.raises(Fault):
        buffer.header()


def test_what_was_taken_whole_is_let_go_of_at_once() -> None:
    buffer = FrameBuffer()
    for _ in range(1000):
        buffer.append(encode_header(FrameType.RECORD, 1000) + bytes(1000))
        assert buffer.take(1000) is not None
        assert len(buffer) == 0
        assert len(buffer._data) == 0, "an idle channel holds nothing"


def test_a_cleared_buffer_is_a_new_one() -> None:
    buffer = FrameBuffer()
    buffer.append(encode_header(FrameType.RECORD, 1) + b"xyz")
    buffer.take(1)
    buffer.clear()
    assert (len(buffer), buffer.header()) == (0, None)
    buffer.append(encode_header(FrameType.M1, 0))
    assert buffer.header() == (FrameType.M1, 0)
