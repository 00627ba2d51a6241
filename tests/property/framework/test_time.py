"""Timestamps: what is late, early or backwards is refused, whatever its place in the order (PROTOCOL §6.6)."""

from hypothesis import example, given
from hypothesis import strategies as st

from framework import ChannelFailed, Suite
from framework.events import FailureReason
from tests.support.budget import examples
from tests.support.channels import NOW, messages, open_pair

SKEW = 30_000

journeys = st.lists(
    st.tuples(st.integers(-SKEW - 5, SKEW + 5), st.one_of(st.integers(-10, 10), st.sampled_from([-SKEW, SKEW]))),
    max_size=8,
)


@examples(60)
@given(journey=journeys, from_client=st.booleans())
@example(journey=[(0, SKEW), (0, SKEW + 1)], from_client=True)
@example(journey=[(0, SKEW), (SKEW, 0), (-1, 0)], from_client=False)
def test_a_record_is_taken_if_and_only_if_it_is_fresh(
    tight_suite: Suite, journey: list[tuple[int, int]], from_client: bool
) -> None:
    """The model: a record's time is the sender's latest so far; it is taken within the skew of the receiver's."""
    pair = open_pair(tight_suite)
    sender, receiver = pair.sides(from_client=from_client)
    latest = NOW
    for sent_at, delay in journey:
        sender_now = NOW + sent_at
        receiver_now = sender_now + delay
        latest = max(latest, sender_now)
        sender.send(b"x", sender_now)
        events = receiver.receive_data(sender.data_to_send(), receiver_now)
        if abs(latest - receiver_now) <= SKEW:
            assert messages(events) == [b"x"]
        else:
            [failed] = events
            assert isinstance(failed, ChannelFailed)
            assert failed.reason is FailureReason.CLOCK
            return


@examples(30)
@given(delay=st.integers(0, 2 * SKEW), held=st.integers(0, 4))
def test_what_is_held_back_arrives_once_and_in_order_or_not_at_all(tight_suite: Suite, delay: int, held: int) -> None:
    pair = open_pair(tight_suite)
    wire = []
    for number in range(5):
        pair.client.send(bytes([number]), NOW)
        wire.append(pair.client.data_to_send())
    heard = []
    for number, frame in enumerate(wire):
        if pair.server.state == "FAILED":
            break
        heard += messages(pair.server.receive_data(frame, NOW + (delay if number >= held else 0)))
    expected = range(5) if delay <= SKEW else range(held)
    assert heard == [bytes([number]) for number in expected]
