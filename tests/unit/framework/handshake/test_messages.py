"""The sizes and fields of M1, M2 and M3 (PROTOCOL §4.3 to §4.5)."""

import pytest

from framework import Suite
from framework.frame import FrameType
from framework.handshake.payload import encode_payload, parse_payload
from framework.registry import Registry
from framework.violation import ProtocolViolation
from tests.support.channels import aead_suite, etm_suite
from tests.support.handshakes import field_sizes


@pytest.mark.parametrize(("suite", "tag"), [(etm_suite(), 32), (aead_suite(), 16)], ids=["etm", "aead"])
def test_the_sizes_are_the_specification_s(suite: Suite, tag: int) -> None:
    assert field_sizes(suite, FrameType.M1) == (16, 32, 32, 32 + 64 + tag)
    assert field_sizes(suite, FrameType.M2) == (32, 32, 32 + tag)
    assert field_sizes(suite, FrameType.M3) == (32 + tag,)


def test_the_bank_s_messages(registry: Registry) -> None:
    suite = Suite.parse("des3-bg-hmac", registry)
    sizes = [suite.body_size(FrameType[name]) for name in ("M1", "M2", "M3")]
    assert sizes == [16 + 32 + 416 + 384 + 64 + 32, 32 + 416 + 32 + 32, 64]


@pytest.mark.parametrize("size", [32, 64])
def test_a_payload_is_a_timestamp_and_zeros(size: int) -> None:
    payload = encode_payload(0x0102030405060708, size)
    assert payload == bytes(range(1, 9)) + bytes(size - 8)
    assert parse_payload(payload) == 0x0102030405060708
    for position in range(8, size):
        changed = bytearray(payload)
        changed[position] = 1
        with pytest.raises(ProtocolViolation, match="reserved bytes"):
            parse_payload(bytes(changed))
