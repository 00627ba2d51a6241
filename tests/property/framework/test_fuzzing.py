"""Garbage: no input makes a channel raise what it does not promise, hold more than a frame, or send anything."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework import Channel, ChannelFailed, Suite
from framework.frame import FrameType, encode_header
from framework.registry import Registry
from tests.support.budget import examples
from tests.support.channels import NOW, begin_pair, open_pair, tight

STATES = ("EXPECT_M1", "EXPECT_M2", "EXPECT_M3", "OPEN client", "OPEN server")

types = st.sampled_from([1, 2, 3, 4, 0, 5, 255])
headers = st.builds(
    lambda kind, version, reserved, size: bytes([kind, version]) + reserved.to_bytes(2) + size.to_bytes(4),
    types,
    st.sampled_from([1, 1, 1, 0, 2]),
    st.sampled_from([0, 0, 0, 1, 256]),
    st.one_of(st.integers(0, 700), st.sampled_from([2**31, 2**32 - 1])),
)
garbage = st.lists(st.one_of(st.binary(max_size=300), headers), max_size=6)


def in_state(suite: Suite, state: str) -> Channel:
    if state.startswith("OPEN"):
        pair = open_pair(suite)
        return pair.client if state.endswith("client") else pair.server
    pair = begin_pair(suite)
    if state == "EXPECT_M3":
        pair.server.receive_data(pair.client.data_to_send(), NOW)
        pair.server.data_to_send()
    channel = pair.client if state == "EXPECT_M2" else pair.server
    channel.data_to_send()
    return channel


@pytest.mark.parametrize("state", STATES)
@examples(40)
@given(portions=garbage, end=st.booleans())
def test_garbage_delivers_nothing_and_is_answered_by_nothing(
    tight_suite: Suite, state: str, portions: list[bytes], end: bool
) -> None:
    channel = in_state(tight_suite, state)
    for portion in portions:
        events = channel.receive_data(portion, NOW)
        assert channel.data_to_send() == b""
        assert all(isinstance(event, ChannelFailed) for event in events)
        if events:
            assert len(events) == 1
            assert channel.state == "FAILED"
            return
        assert len(channel._incoming) < 8 + 700
    if end:
        [failed] = channel.receive_eof()
        assert isinstance(failed, ChannelFailed)


@pytest.mark.parametrize("state", STATES)
@examples(40)
@given(data=st.data())
def test_garbage_of_the_right_shape_delivers_nothing(tight_suite: Suite, state: str, data: st.DataObject) -> None:
    """Past the header: the right type and a possible length, and a body that means nothing."""
    expected = FrameType.RECORD if state.startswith("OPEN") else FrameType[state.removeprefix("EXPECT_")]
    if expected is FrameType.RECORD:
        size = 32 * data.draw(st.integers(1, 16)) + tight_suite.tag_size
    else:
        size = tight_suite.body_size(expected)
    body = data.draw(st.binary(min_size=size, max_size=size))
    channel = in_state(tight_suite, state)
    [failed] = channel.receive_data(encode_header(expected, size) + body, NOW)
    assert isinstance(failed, ChannelFailed)
    assert channel.data_to_send() == b""


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("size", [2**32 - 1, 2**31, 2**24, 65_536 + 32 + 1])
def test_a_frame_that_announces_too_much_is_refused_on_its_header_and_nothing_is_allocated(
    registry: Registry, state: str, size: int
) -> None:
    suite = tight("aes256ctr-x25519-hmac", registry)
    expected = FrameType.RECORD if state.startswith("OPEN") else FrameType[state.removeprefix("EXPECT_")]
    channel = in_state(suite, state)
    header = encode_header(expected, size)
    tracemalloc.start()
    try:
        assert channel.receive_data(header[:7], NOW) == []
        [failed] = channel.receive_data(header[7:], NOW)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(failed, ChannelFailed)
    assert peak < 64 * 1024


def test_memory_is_flat_under_an_endless_stream(registry: Registry) -> None:
    """Frame after frame, and what is held at the end is no more than at the beginning."""
    pair = open_pair(Suite.parse("aes256ctr-x25519-hmac", registry))
    payload = bytes(60_000)

    def say() -> None:
        pair.client.send(payload, NOW)
        assert len(pair.server.receive_data(pair.client.data_to_send(), NOW)) == 1

    say()
    tracemalloc.start()
    try:
        for _ in range(5):
            say()
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for _ in range(40):
            say()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 70_000
    assert peak - before < 10 * len(payload)
