"""The header of eight bytes (PROTOCOL §4.1)."""

import pytest

from framework.events import FailureReason
from framework.frame import HEADER_SIZE, FrameType, encode_header, parse_header
from framework.violation import ProtocolViolation


@pytest.mark.parametrize(("frame_type", "number"), [("M1", 1), ("M2", 2), ("M3", 3), ("RECORD", 4)])
def test_a_header_is_type_version_reserved_and_length(frame_type: str, number: int) -> None:
    header = encode_header(FrameType[frame_type], 0x01020304)
    assert header == bytes([number, 1, 0, 0, 1, 2, 3, 4])
    assert len(header) == HEADER_SIZE
    assert parse_header(header) == (FrameType[frame_type], 0x01020304)


@pytest.mark.parametrize("position", range(4))
def test_every_other_value_of_type_version_and_reserved_is_refused(position: int) -> None:
    good = encode_header(FrameType.M1, 7)
    allowed = {0: {1, 2, 3, 4}, 1: {1}, 2: {0}, 3: {0}}[position]
    for value in range(256):
        header = bytearray(good)
        header[position] = value
        if value in allowed:
            parse_header(header)
        else:
            with pytest.raises(ProtocolViolation) as caught:
                parse_header(header)
            assert caught.value.reason is FailureReason.MALFORMED


def test_every_length_parses_and_encodes_to_the_same_bytes() -> None:
    for size in (0, 1, 255, 256, 2**16, 2**32 - 1):
        assert encode_header(*parse_header(encode_header(FrameType.RECORD, size))) == encode_header(
            FrameType.RECORD, size
        )


def test_a_header_is_read_at_an_offset() -> None:
    assert parse_header(b"xyz" + encode_header(FrameType.M3, 9), 3) == (FrameType.M3, 9)
