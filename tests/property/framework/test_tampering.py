"""Whatever is altered on the way ends the session: nothing is delivered from there on, and nothing more is sent."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framework import Channel, ChannelFailed
from framework.events import FailureReason
from tests.support.budget import examples
from tests.support.channels import flip
from tests.support.recordings import Tape, play

tampering = settings(examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])


def frame_at(tape: Tape, position: int) -> int:
    """The number of the frame that this byte of the stream belongs to."""
    for number, frame in enumerate(tape.frames):
        if position < len(frame):
            return number
        position -= len(frame)
    raise IndexError


def common_prefix(a: bytes, b: bytes) -> int:
    """How many bytes they share from the beginning."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((index for index, (left, right) in pairs if left != right), min(len(a), len(b)))


def ends_there(channel: Channel, tape: Tape, count: int, stream: bytes) -> FailureReason:
    """Play an altered stream to its end; check that its first `count` frames were all that had an effect."""
    events, output = tape.until(count)
    genuine = sum(map(len, tape.frames[:count]))
    played = play(channel, *tape.frames[:count], stream[genuine:])
    if channel.state != "FAILED":  # a length that was altered upwards: more is waited for, and does not come
        played.events += channel.receive_eof()
    assert played.events[:-1] == events
    [failed] = played.events[-1:]
    assert isinstance(failed, ChannelFailed)
    assert played.output == output
    assert channel.data_to_send() == b""
    assert channel.state == "FAILED"
    return failed.reason


@tampering
@given(bit=st.integers(0, 10**9))
def test_a_flipped_bit(tape: Tape, bit: int) -> None:
    bit %= len(tape.stream) * 8
    reason = ends_there(tape.fresh(), tape, frame_at(tape, bit // 8), flip(tape.stream, bit))
    # LIMIT: a length altered to more than is left of the epoch is refused before its tag is looked at.
    possible = {FailureReason.AUTHENTICATION, FailureReason.MALFORMED, FailureReason.TRUNCATED, FailureReason.LIMIT}
    assert reason in possible


def test_a_flipped_bit_in_every_byte_of_every_kind_of_frame(tape: Tape) -> None:
    """The handshake and the first record of each size, a bit in each byte."""
    seen: set[int] = set()
    position = 0
    for number, frame in enumerate(tape.frames):
        if len(frame) not in seen:
            for index in range(0, len(frame), 1 if number < 3 else 19):
                bit = 8 * (position + index) + (index * 5 + number) % 8
                ends_there(tape.fresh(), tape, number, flip(tape.stream, bit))
        seen.add(len(frame))
        position += len(frame)


@tampering
@given(start=st.integers(0, 10**6), replacement=st.binary(min_size=1, max_size=64))
def test_a_replaced_stretch(tape: Tape, start: int, replacement: bytes) -> None:
    start %= len(tape.stream)
    altered = (tape.stream[:start] + replacement + tape.stream[start + len(replacement) :])[: len(tape.stream)]
    if altered != tape.stream:
        ends_there(tape.fresh(), tape, frame_at(tape, common_prefix(altered, tape.stream)), altered)


@tampering
@given(start=st.integers(0, 10**6), inserted=st.binary(min_size=1, max_size=64))
def test_an_inserted_stretch(tape: Tape, start: int, inserted: bytes) -> None:
    start %= len(tape.stream)
    altered = tape.stream[:start] + inserted + tape.stream[start:]
    same = common_prefix(altered, tape.stream)
    if same < len(tape.stream):
        ends_there(tape.fresh(), tape, frame_at(tape, same), altered)


@tampering
@given(start=st.integers(0, 10**6), size=st.integers(1, 200))
def test_a_stretch_that_is_left_out(tape: Tape, start: int, size: int) -> None:
    start %= len(tape.stream)
    altered = tape.stream[:start] + tape.stream[start + size :]
    first = next(
        (index for index, (a, b) in enumerate(zip(altered, tape.stream, strict=False)) if a != b), len(altered)
    )
    ends_there(tape.fresh(), tape, frame_at(tape, first), altered)


def test_a_truncation_at_every_byte(tape: Tape) -> None:
    """PROTOCOL §6.7: without close_notify the end of the stream is a failure, never a clean end."""
    boundaries = {sum(map(len, tape.frames[:count])): count for count in range(len(tape.frames))}
    steps = sorted({*range(0, len(tape.stream), 11), *boundaries, *(edge + 1 for edge in boundaries)})
    steps += [len(tape.stream) - 1]
    for end in steps:
        reason = ends_there(tape.fresh(), tape, frame_at(tape, end), tape.stream[:end])
        assert reason is FailureReason.TRUNCATED
    channel = tape.fresh()
    assert tuple(play(channel, tape.stream).events) == tape.events
    assert channel.receive_eof() == []
