"""The messages of a handshake cut into their fields, for tests that look into them or change them."""

from framework import Suite
from framework.frame import FrameType


def field_sizes(suite: Suite, frame_type: FrameType) -> tuple[int, ...]:
    """The sizes in bytes of the fields, in order."""
    return suite.pattern.message(frame_type).field_sizes(suite.key_exchange, suite.tag_size)


def fields(suite: Suite, frame_type: FrameType, body: bytes) -> list[bytes]:
    """The fields of a body."""
    cut, at = [], 0
    for size in field_sizes(suite, frame_type):
        cut.append(body[at : at + size])
        at += size
    return cut
