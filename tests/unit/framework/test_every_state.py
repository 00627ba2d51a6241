"""A channel in every state, and everything that can happen to it there: it does what the table says (PROTOCOL §7)."""

import pytest

from framework import Channel, ChannelError, ChannelFailed, MisuseError, PeerClosed
from framework.events import FailureReason
from framework.transitions import SAID_CLOSE, SENDING, TRANSITIONS, Input, State
from tests.support.channels import NOW, Pair, begin_pair, etm_suite, frames, open_pair

SUITE = etm_suite()
KEYS = SUITE.key_exchange.generate_key_pair()
OVER = (State.PEER_CLOSED, State.CLOSED)


def frame_of(happened: Input, pair: Pair, subject: Channel) -> bytes:
    """A frame of this kind, from the subject's own conversation where there is one."""
    other = pair.server if subject is pair.client else pair.client
    if happened is Input.M1:
        return Channel.client(SUITE, KEYS.public_key, now=NOW).data_to_send()
    if happened is Input.BYTES:
        return b"anything"
    if happened in (Input.RECORD, Input.CLOSE_NOTIFY) and other.is_open:
        if happened is Input.RECORD:
            other.send(b"x", NOW)
        else:
            other.close(NOW)
        return frames(other.data_to_send())[-1]
    if happened is Input.M2 and subject is pair.client and subject.state in (State.EXPECT_M2, State.CLOSE_AFTER_M2):
        pair.server.receive_data(pair.client.data_to_send(), NOW)
        return pair.server.data_to_send()
    if happened is Input.M3 and subject is pair.server and subject.state in (State.EXPECT_M3, State.CLOSE_AFTER_M3):
        return frames(pair.client.data_to_send())[0]
    stranger = begin_pair(SUITE)
    m1 = stranger.client.data_to_send()
    stranger.server.receive_data(m1, NOW)
    m2 = stranger.server.data_to_send()
    if happened is Input.M2:
        return m2
    stranger.client.receive_data(m2, NOW)
    m3 = stranger.client.data_to_send()
    if happened is Input.M3:
        return m3
    if happened is Input.RECORD:
        stranger.client.send(b"x", NOW)
    else:
        stranger.client.close(NOW)
    return stranger.client.data_to_send()


def in_state(state: State) -> tuple[Pair, Channel]:
    """A pair, one side of which is in this state."""
    if state in (State.EXPECT_M1, State.CLOSE_AFTER_M1, State.EXPECT_M2, State.CLOSE_AFTER_M2):
        pair = begin_pair(SUITE, key_pair=KEYS)
        subject = pair.server if state.endswith("M1") else pair.client
    elif state in (State.EXPECT_M3, State.CLOSE_AFTER_M3):
        pair = begin_pair(SUITE, key_pair=KEYS)
        pair.server.receive_data(pair.client.data_to_send(), NOW)
        pair.client.receive_data(pair.server.data_to_send(), NOW)
        subject = pair.server
    else:
        pair = open_pair(SUITE, key_pair=KEYS)
        subject = pair.client
    if state in OVER:
        pair.server.close(NOW)
        assert subject.receive_data(pair.server.data_to_send(), NOW) == [PeerClosed()]
    if state in SAID_CLOSE:
        subject.close(NOW)
    if state is State.FAILED:
        subject.fail(FailureReason.TIMEOUT)
    assert subject.state is state
    return pair, subject


def told(channel: Channel, happened: Input, pair: Pair) -> list[object]:
    """What comes of it."""
    if happened is Input.CLOSE:
        channel.close(NOW)
        return []
    if happened is Input.END:
        return list(channel.receive_eof())
    return list(channel.receive_data(frame_of(happened, pair, channel), NOW))


@pytest.mark.parametrize("happened", Input)
@pytest.mark.parametrize("state", State)
def test_a_channel_does_what_the_table_says(state: State, happened: Input) -> None:
    pair, subject = in_state(state)
    is_of_peer = happened not in (Input.CLOSE, Input.END)
    if state is State.FAILED and is_of_peer:
        with pytest.raises(ChannelError):
            told(subject, happened, pair)
        return
    events = told(subject, happened, pair)
    if is_of_peer and (state, Input.BYTES) in TRANSITIONS:
        expected = TRANSITIONS[state, Input.BYTES]
        assert events == [], "nothing is read behind the peer's close_notify"
    elif happened is Input.CLOSE or state is State.FAILED:
        expected = TRANSITIONS.get((state, happened), state)
    else:
        expected = TRANSITIONS.get((state, happened), State.FAILED)
    assert subject.state is expected
    failed = [event for event in events if isinstance(event, ChannelFailed)]
    assert len(failed) == (expected is State.FAILED is not state)
    assert subject.is_open == (expected in SENDING)
    closed_before = state in SAID_CLOSE and expected is State.FAILED
    assert subject.is_closed == (expected in SAID_CLOSE or closed_before)


@pytest.mark.parametrize("state", State)
def test_a_message_is_sent_where_the_table_allows_it(state: State) -> None:
    _, subject = in_state(state)
    subject.data_to_send()
    if state in SENDING:
        subject.send(b"x", NOW)
        assert subject.data_to_send()
    else:
        with pytest.raises(ChannelError if state is State.FAILED else MisuseError):
            subject.send(b"x", NOW)
        assert not subject.data_to_send()
    assert subject.state is state


@pytest.mark.parametrize("state", State)
def test_a_fault_leads_from_every_state_to_the_last(state: State) -> None:
    _, subject = in_state(state)
    subject.fail(FailureReason.LIMIT)
    assert subject.state is State.FAILED
    assert not subject.is_open
    assert subject.is_closed == (state in SAID_CLOSE), "what was said stays said"
    assert subject.data_to_send() == b""


@pytest.mark.parametrize("state", [State.CLOSE_AFTER_M1, State.CLOSE_AFTER_M2, State.CLOSE_AFTER_M3])
def test_a_channel_closed_in_its_handshake_says_so_when_that_is_over(state: State) -> None:
    pair, subject = in_state(state)
    pair.exchange()
    said = pair.server_events if subject is pair.client else pair.client_events
    assert said.count(PeerClosed()) == 1
    assert subject.state is State.CLOSING
