"""Attack 18: a channel is kept so long that a counter ends, in the hope that it begins anew.

The library snow once let its reserved nonce be used (its issues 150 and 152). A correct system fails before the epoch
wraps, and nothing leaves under a number that was used (PROTOCOL §6.5). No peer lives so long, so the counters are set.
"""

from typing import Any

import pytest

from framework import Channel, ChannelError, Suite
from framework.events import FailureReason
from framework.limits import MAX_EPOCH, MAX_SEQUENCE, Limits
from tests.support.channels import NOW, Pair, aead_suite, etm_suite, messages, open_pair, sealed

SUITES = {
    "bulk cipher": etm_suite(limits=Limits(max_inner=256, epoch_limit=1024)),
    "AEAD": aead_suite(limits=Limits(max_inner=256, epoch_limit=4)),
}
"""Three records and a key_update in an epoch."""


def epochs(sender: Channel, receiver: Channel) -> tuple[Any, Any]:
    """The same direction at both ends."""
    assert sender._records is not None
    assert receiver._records is not None
    return sender._records.writer._epoch, receiver._records.reader._epoch


def say(pair: Pair, *, from_client: bool) -> list[bytes]:
    sender, receiver = pair.sides(from_client=from_client)
    return messages(receiver.receive_data(sealed(sender, b"message")[0], NOW))


@pytest.mark.parametrize("from_client", [True, False])
@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_the_records_of_the_last_epoch_pass_and_then_it_ends(suite: Suite, *, from_client: bool) -> None:
    pair = open_pair(suite)
    sender, receiver = pair.sides(from_client=from_client)
    for epoch in epochs(sender, receiver):
        epoch.epoch = MAX_EPOCH
    assert [say(pair, from_client=from_client) for _ in range(3)] == [[b"message"]] * 3
    with pytest.raises(ChannelError) as raised:
        sender.send(b"one more", NOW)
    assert raised.value.reason == FailureReason.LIMIT
    assert sender.data_to_send() == b""
    with pytest.raises(ChannelError):
        sender.send(b"and one more", NOW)


@pytest.mark.parametrize("from_client", [True, False])
@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_after_the_last_sequence_number_there_is_none(suite: Suite, *, from_client: bool) -> None:
    """No limit lets an epoch have 2^64 records; were there one, the last number is used once, and none after it."""
    pair = open_pair(suite)
    sender, receiver = pair.sides(from_client=from_client)
    for epoch in epochs(sender, receiver):
        epoch.sequence = MAX_SEQUENCE
    assert say(pair, from_client=from_client) == [b"message"]
    with pytest.raises(ChannelError) as raised:
        sender.send(b"one more", NOW)
    assert raised.value.reason == FailureReason.LIMIT
    assert sender.data_to_send() == b""
