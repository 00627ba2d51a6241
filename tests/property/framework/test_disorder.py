"""Frames of somebody else's choice: replayed, reordered, reflected, dropped, doubled, spliced in from elsewhere.

Whatever an attacker makes of the frames that he has seen, the receiver takes the longest prefix of the true order and
nothing else.
"""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framework import Channel, ChannelFailed, Suite
from framework.events import FailureReason
from framework.kdf import expand_label
from tests.property.framework.conftest import SAID
from tests.support.budget import examples
from tests.support.channels import NOW, begin_pair, messages, open_pair, sealed
from tests.support.recordings import CLIENT, SERVER, Tape, play, record

disorder = settings(examples(80), suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="session")
def strangers(tight_suite: Suite) -> dict[str, Tape]:
    """Another session of the same suite, in which the same is said."""
    return record(tight_suite, SAID, seed="another")


def takes_the_true_prefix(tape: Tape, attack: list[bytes]) -> None:
    """Play these frames; check that exactly those had an effect which stand where they belong."""
    count = 0
    while count < min(len(attack), len(tape.frames)) and attack[count] == tape.frames[count]:
        count += 1
    events, output = tape.until(count)
    channel = tape.fresh()
    played = play(channel, *attack)
    finished = count == len(tape.frames)
    if len(attack) > count and not finished:
        [failed] = played.events[len(events) :]
        assert isinstance(failed, ChannelFailed)
        # LIMIT: a frame too large for what is left of the epoch is refused before its tag is looked at.
        assert failed.reason in {FailureReason.AUTHENTICATION, FailureReason.MALFORMED, FailureReason.LIMIT}
        assert channel.state == "FAILED"
    else:
        assert len(played.events) == len(events)
    assert played.events[: len(events)] == events
    assert played.output == output
    assert channel.data_to_send() == b""


@disorder
@given(data=st.data())
def test_any_choice_of_frames_from_everywhere(
    tape: Tape, tapes: dict[str, Tape], strangers: dict[str, Tape], data: st.DataObject
) -> None:
    """The attacker's store: both directions of this session and of another."""
    store = [*tapes[SERVER].frames, *tapes[CLIENT].frames, *strangers[SERVER].frames, *strangers[CLIENT].frames]
    genuine = data.draw(st.integers(0, len(tape.frames)))
    chosen = data.draw(st.lists(st.sampled_from(store), max_size=6))
    rest = data.draw(st.integers(0, len(tape.frames)))
    takes_the_true_prefix(tape, [*tape.frames[:genuine], *chosen, *tape.frames[rest:]])


def test_every_frame_dropped_doubled_and_swapped_with_the_next(tape: Tape) -> None:
    frames = list(tape.frames)
    for index in range(len(frames)):
        takes_the_true_prefix(tape, frames[:index] + frames[index + 1 :])
        takes_the_true_prefix(tape, [*frames[: index + 1], frames[index], *frames[index + 1 :]])
        takes_the_true_prefix(tape, [*frames[:index], *frames[index : index + 2][::-1], *frames[index + 2 :]])


def test_every_frame_replayed_at_every_later_place(tape: Tape) -> None:
    """In its own epoch and in every later one."""
    frames = list(tape.frames)
    for old in range(len(frames) - 1):
        for place in range(old + 1, len(frames)):
            takes_the_true_prefix(tape, [*frames[:place], frames[old], *frames[place:]])


def test_every_frame_reflected(tapes: dict[str, Tape]) -> None:
    """A side never takes its own words for the other's, though both count from zero."""
    for role, own in ((CLIENT, SERVER), (SERVER, CLIENT)):
        tape, reflected = tapes[role], tapes[own].frames
        for index in range(len(tape.frames)):
            takes_the_true_prefix(tape, [*tape.frames[:index], reflected[min(index, len(reflected) - 1)]])


def test_every_frame_spliced_in_from_another_session(tapes: dict[str, Tape], strangers: dict[str, Tape]) -> None:
    for role in (CLIENT, SERVER):
        tape, other = tapes[role], strangers[role].frames
        for index in range(min(len(tape.frames), len(other))):
            takes_the_true_prefix(tape, [*tape.frames[:index], other[index], *tape.frames[index + 1 :]])


def test_a_whole_session_is_not_replayed(tapes: dict[str, Tape], tight_suite: Suite) -> None:
    """A fresh server answers an old M1, for it cannot know; then M3 does not open, for its M2 is another."""
    for role in (SERVER, CLIENT):
        tape = tapes[role]
        honest = tape.fresh()
        assert honest._handshake is not None
        keys = honest._handshake._keys
        if role == SERVER:
            assert keys.static is not None
            fresh = Channel.server(tight_suite, keys.static, now=NOW)
            first = play(fresh, tape.frames[0])
            assert first.events == []
            assert first.output not in (b"", tape.output)
            events = play(fresh, *tape.frames[1:]).events
        else:
            fresh = Channel.client(tight_suite, keys.context.server_public_key, now=NOW)
            fresh.data_to_send()
            events = play(fresh, *tape.frames).events
        [failed] = events
        assert isinstance(failed, ChannelFailed)
        assert failed.reason is FailureReason.AUTHENTICATION


def test_two_handshakes_with_one_key_have_nothing_in_common(tight_suite: Suite) -> None:
    static = tight_suite.key_exchange.generate_key_pair()
    secrets, wire = set(), set()
    for _ in range(10):
        pair = begin_pair(tight_suite, key_pair=static)
        m1 = pair.client.data_to_send()
        pair.server.receive_data(m1, NOW)
        m2 = pair.server.data_to_send()
        pair.client.receive_data(m2, NOW)
        wire |= {m1[8:], m2[8:]}
        pair.exchange()
        secrets.add(pair.client.export("x", b"", 32))
        [record_of_it] = sealed(pair.client, b"the same")
        wire.add(record_of_it)
    assert len(secrets) == 10
    assert len(wire) == 30


@settings(examples(25))
@given(
    said=st.lists(st.tuples(st.booleans(), st.binary(max_size=499)), max_size=30),
    forged=st.integers(0, 29),
    bit=st.integers(0, 10**9),
)
def test_a_forged_record_ends_one_side_and_the_other_goes_on_unaware(
    tight_suite: Suite, said: list[tuple[bool, bytes]], forged: int, bit: int
) -> None:
    """The sides are two: what is sent towards the failed one is lost, what it sent before has arrived."""
    pair = open_pair(tight_suite)
    heard: dict[bool, list[bytes]] = {True: [], False: []}
    expected: dict[bool, list[bytes]] = {True: [], False: []}
    dead: set[bool] = set()
    for number, (from_client, payload) in enumerate(said):
        sender, receiver = pair.sides(from_client=from_client)
        if from_client in dead:
            continue
        sender.send(payload, NOW)
        wire = bytearray(sender.data_to_send())
        if number == forged:
            wire[bit // 8 % len(wire)] ^= 1 << bit % 8
        if (not from_client) in dead:
            continue
        heard[from_client] += messages(receiver.receive_data(bytes(wire), NOW))
        if receiver.state == "FAILED" or number == forged:
            dead.add(not from_client)
        else:
            expected[from_client].append(payload)
    for from_client in (True, False):
        assert heard[from_client] == expected[from_client]


def test_an_epoch_s_secrets_do_not_open_another_s_records(tapes: dict[str, Tape]) -> None:
    """Forward: from ts_n follows ts_{n+1} by a one-way step; the traffic secrets in use are never the old ones."""
    tape = tapes[SERVER]
    channel = tape.fresh()
    seen = []
    for frame in tape.frames:
        channel.receive_data(frame, NOW)
        if channel._records is not None:
            current = channel._records.reader._epoch._secret.expose()
            if current not in seen:
                seen.append(current)
    assert len(seen) >= 2
    for earlier, later in pairwise(seen):
        assert expand_label(earlier, "upd", b"", 32) == later
