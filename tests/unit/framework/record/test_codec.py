"""The inner plaintext of a record (PROTOCOL §6.1): encoding by hand, and every class of what is malformed."""

import struct

import pytest

from framework.events import FailureReason
from framework.record.codec import PREFIX_SIZE, ContentType, Inner, encode_inner, padded_size, parse_inner
from framework.violation import ProtocolViolation

TIME = 0x0102030405060708


def plaintext(number: int, size: int, data: bytes, padding: bytes) -> bytes:
    return struct.pack(">BQI", number, TIME, size) + data + padding


@pytest.mark.parametrize(("data_size", "total"), [(0, 256), (1, 256), (243, 256), (244, 512), (499, 512), (500, 768)])
def test_a_record_is_padded_to_the_least_multiple_of_the_quantum(data_size: int, total: int) -> None:
    data = b"d" * data_size
    encoded = encode_inner(ContentType.DATA, TIME, data, 256)
    assert padded_size(data_size, 256) == total
    assert encoded == plaintext(1, data_size, data, bytes(total - 13 - data_size))
    assert parse_inner(encoded, 256) == Inner(ContentType.DATA, TIME, data)


@pytest.mark.parametrize(("content_type", "number"), [("DATA", 1), ("CLOSE_NOTIFY", 2), ("KEY_UPDATE", 3)])
def test_content_types_have_their_numbers(content_type: str, number: int) -> None:
    inner = Inner(ContentType[content_type], TIME, b"")
    assert encode_inner(*inner, 16) == plaintext(number, 0, b"", bytes(3))
    assert parse_inner(plaintext(number, 0, b"", bytes(3)), 16) == inner


def test_every_other_content_type_is_refused() -> None:
    for number in set(range(256)) - {1, 2, 3}:
        with pytest.raises(ProtocolViolation, match="unknown content type"):
            parse_inner(plaintext(number, 0, b"", bytes(3)), 16)


@pytest.mark.parametrize(
    ("malformed", "message"),
    [
        pytest.param(b"", "shorter than its own prefix", id="empty"),
        pytest.param(bytes([1]) + bytes(PREFIX_SIZE - 2), "shorter than its own prefix", id="one byte short"),
        pytest.param(plaintext(1, 4, b"data", bytes(15 + 16)), "does not fit", id="a quantum of padding too many"),
        pytest.param(plaintext(1, 4, b"", bytes(3)), "does not fit", id="length beyond the end"),
        pytest.param(plaintext(1, 2**32 - 1, b"", bytes(3)), "does not fit", id="length of 4 GiB"),
        pytest.param(plaintext(1, 4, b"data", bytes(14)), "does not fit", id="no multiple of the quantum"),
        pytest.param(plaintext(2, 1, b"x", bytes(2)), "carries none", id="close_notify with data"),
        pytest.param(plaintext(3, 3, bytes(3), b""), "carries none", id="key_update with data, though of zeros"),
        pytest.param(plaintext(1, 4, b"data", b"\x01" + bytes(14)), "not zero", id="first byte of padding"),
        pytest.param(plaintext(1, 4, b"data", bytes(14) + b"\x80"), "not zero", id="last byte of padding"),
        pytest.param(plaintext(2, 0, b"", b"\0\x01\0"), "not zero", id="padding of a close_notify"),
    ],
)
def test_what_is_malformed_is_refused(malformed: bytes, message: str) -> None:
    with pytest.raises(ProtocolViolation, match=message) as caught:
        parse_inner(malformed, 16)
    assert caught.value.reason is FailureReason.MALFORMED


def test_data_may_be_of_zeros_and_may_fill_the_record() -> None:
    for data in (b"", bytes(3), bytes(19), b"\xff" * 19):
        encoded = encode_inner(ContentType.DATA, TIME, data, 16)
        assert parse_inner(encoded, 16).data == data
