"""A stream means the same in whatever portions it arrives."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framework import HandshakeCompleted, MessageReceived, PeerClosed
from framework.frame import HEADER_SIZE
from tests.property.framework.conftest import SAID
from tests.support.budget import examples
from tests.support.recordings import CLIENT, SERVER, Tape, play


def portions(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


def test_the_tape_holds_what_it_should(tapes: dict[str, Tape]) -> None:
    for role, sender in ((SERVER, CLIENT), (CLIENT, SERVER)):
        said = [MessageReceived(payload) for who, payload in SAID if who == sender]
        assert list(tapes[role].events) == [HandshakeCompleted(), *said, PeerClosed()]
        handshake_frames = 2 if role == SERVER else 1
        key_updates = len(tapes[role].frames) - handshake_frames - len(said) - 1
        assert key_updates >= 1


def test_it_is_played_again_exactly(tape: Tape) -> None:
    played = play(tape.fresh(), *tape.frames)
    assert (tuple(played.events), played.output) == (tape.events, tape.output)


def test_in_one_piece_and_byte_by_byte(tape: Tape) -> None:
    for pieces in ([tape.stream], [bytes([byte]) for byte in tape.stream]):
        played = play(tape.fresh(), *pieces)
        assert (tuple(played.events), played.output) == (tape.events, tape.output)


@settings(examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 10_000), max_size=40))
def test_in_any_portions(tape: Tape, cuts: list[int]) -> None:
    played = play(tape.fresh(), *portions(tape.stream, cuts))
    assert (tuple(played.events), played.output) == (tape.events, tape.output)


def test_no_event_comes_before_its_last_byte(tape: Tape) -> None:
    """Nothing is known of a frame before it is whole, and a header is judged as soon as it is there."""
    for number in range(len(tape.frames)):
        before, frame = tape.frames[:number], tape.frames[number]
        channel = tape.fresh()
        seen = play(channel, *before).events
        assert play(channel, frame[:HEADER_SIZE], frame[HEADER_SIZE:-1]).events == []
        after = play(channel, frame[-1:]).events
        assert seen + after == list(tape.events[: len(seen) + len(after)])


@pytest.mark.parametrize("extra", [b"", b"garbage", bytes(1000)])
def test_what_follows_the_close_notify_changes_nothing(tape: Tape, extra: bytes) -> None:
    channel = tape.fresh()
    played = play(channel, tape.stream + extra, extra)
    assert tuple(played.events) == tape.events
    assert channel.receive_eof() == []
