"""The limit of an epoch is kept exactly: in bytes for a bulk cipher, in records for an AEAD (PROTOCOL §6.5)."""

from hypothesis import given
from hypothesis import strategies as st

from framework import Suite
from framework.limits import Limits
from framework.record.codec import PREFIX_SIZE
from tests.support.budget import examples
from tests.support.channels import NOW, aead_suite, etm_suite, frames, messages, open_pair

QUANTUM, MAX_INNER = 32, 256


def epochs_on_the_wire(suite: Suite, sizes: list[int]) -> list[list[int]]:
    """Send messages of these sizes; give the inner size of each record, epoch by epoch, as an observer counts them.

    A send that yields two frames has ended an epoch with the first of them.
    """
    pair = open_pair(suite)
    epochs: list[list[int]] = [[]]
    for size in sizes:
        pair.client.send(bytes(size), NOW)
        wire = pair.client.data_to_send()
        inner = [len(frame) - 8 - suite.tag_size for frame in frames(wire)]
        if len(inner) == 2:
            assert inner[0] == QUANTUM, "a key_update is as small as can be"
            epochs[-1].append(inner[0])
            epochs.append([])
        epochs[-1].append(inner[-1])
        assert messages(pair.server.receive_data(wire, NOW)) == [bytes(size)]
    return epochs


sizes = st.lists(st.integers(0, MAX_INNER - PREFIX_SIZE), max_size=40)


@examples(40)
@given(sizes=sizes, limit=st.integers(MAX_INNER + QUANTUM, 1200))
def test_an_epoch_in_bytes_ends_when_and_only_when_it_must(sizes: list[int], limit: int) -> None:
    suite = etm_suite(limits=Limits(max_inner=MAX_INNER, pad_quantum=QUANTUM, epoch_limit=limit))
    epochs = epochs_on_the_wire(suite, sizes)
    for number, epoch in enumerate(epochs):
        assert sum(epoch) <= limit
        if number + 1 < len(epochs):
            without_key_update = sum(epoch) - QUANTUM
            first_of_the_next = epochs[number + 1][0]
            assert without_key_update + first_of_the_next + QUANTUM > limit, "it would still have fitted"


@examples(40)
@given(sizes=sizes, limit=st.integers(2, 9))
def test_an_epoch_in_records_ends_when_and_only_when_it_must(sizes: list[int], limit: int) -> None:
    suite = aead_suite(limits=Limits(max_inner=MAX_INNER, pad_quantum=QUANTUM, epoch_limit=limit))
    epochs = epochs_on_the_wire(suite, sizes)
    assert all(len(epoch) == limit for epoch in epochs[:-1])
    assert len(epochs[-1]) <= limit - 1


def test_triple_des_is_rekeyed_before_two_to_the_twenty_blocks() -> None:
    """SP 800-67 Rev. 2: counted here on the wire, with a quick cipher under the limit of Triple DES."""
    limit = 2**20 * 8
    suite = etm_suite(limits=Limits(epoch_limit=limit))
    pair = open_pair(suite)
    carried, rekeyed = 0, False
    while not rekeyed:
        pair.client.send(bytes(65_523), NOW)
        wire = frames(pair.client.data_to_send())
        pair.server.receive_data(b"".join(wire), NOW)
        rekeyed = len(wire) == 2
        carried += len(wire[0]) - 8 - 32
    assert carried <= limit
    assert carried + 65_536 > limit
