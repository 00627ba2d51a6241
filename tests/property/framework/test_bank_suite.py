"""The bank's own suite, des3-bg-hmac: a few of the properties that the quick suites show by the thousand."""

import json
from pathlib import Path

import pytest

from framework import Channel, ChannelFailed, HandshakeCompleted, KeyPair, PeerClosed, Suite
from framework.limits import Limits
from framework.registry import Registry
from tests.support.channels import NOW, Pair, flip, messages, sealed

KEYS = json.loads((Path(__file__).parents[2] / "vectors" / "channel" / "bank.json").read_text())["in"]


def key_pair(which: str) -> KeyPair:
    return KeyPair(bytes.fromhex(KEYS[f"{which}_public"]), bytes.fromhex(KEYS[f"{which}_private"]))


@pytest.fixture(scope="module")
def suite(registry: Registry) -> Suite:
    return Suite.parse("des3-bg-hmac", registry, Limits(max_inner=1024, pad_quantum=64, epoch_limit=2048))


def opened(suite: Suite) -> Pair:
    """With known keys, for making them takes seconds; the ephemeral one is used again in these tests alone."""
    client = Channel.client(suite, key_pair("static").public_key, now=NOW, ephemeral=key_pair("ephemeral"))
    pair = Pair(client, Channel.server(suite, key_pair("static"), now=NOW))
    pair.exchange()
    assert pair.client_events == pair.server_events == [HandshakeCompleted()]
    return pair


def test_messages_arrive_over_many_epochs_in_both_directions(suite: Suite) -> None:
    pair = opened(suite)
    said = [bytes([number]) * (number * 97 % 1011) for number in range(24)]
    for from_client in (True, False):
        sender, receiver = pair.sides(from_client=from_client)
        for wire, payload in zip(sealed(sender, *said), said, strict=True):
            assert messages(receiver.receive_data(wire, NOW)) == [payload]
    assert pair.client._records is not None
    assert pair.client._records.writer._epoch.epoch >= 5
    for side in (pair.client, pair.server):
        side.close(NOW)
    pair.exchange()
    assert [events[-1] for events in (pair.client_events, pair.server_events)] == [PeerClosed(), PeerClosed()]


def test_a_flipped_bit_of_every_field_of_the_handshake_ends_it(suite: Suite) -> None:
    """A bit in each field: an altered ciphertext decapsulates to another secret, and nobody can tell the difference."""
    for bit in (8 * 8, 8 * 24, 8 * 56 + 1, 8 * (56 + 32) + 5, 8 * (56 + 416) + 3, 8 * (56 + 416 + 384 + 64)):
        client = Channel.client(suite, key_pair("static").public_key, now=NOW, ephemeral=key_pair("ephemeral"))
        server = Channel.server(suite, key_pair("static"), now=NOW)
        [failed] = server.receive_data(flip(client.data_to_send(), bit), NOW)
        assert isinstance(failed, ChannelFailed)
        assert server.data_to_send() == b""
    for bit in (8 * 8, 8 * 40 + 2, 8 * (40 + 32) + 7, 8 * (40 + 416)):
        client = Channel.client(suite, key_pair("static").public_key, now=NOW, ephemeral=key_pair("ephemeral"))
        server = Channel.server(suite, key_pair("static"), now=NOW)
        server.receive_data(client.data_to_send(), NOW)
        [failed] = client.receive_data(flip(server.data_to_send(), bit), NOW)
        assert isinstance(failed, ChannelFailed)
        assert client.data_to_send() == b""


@pytest.mark.parametrize("position", [8, 21, 40, 71, 72, 103])
def test_a_flipped_bit_of_a_record_ends_the_channel(suite: Suite, position: int) -> None:
    pair = opened(suite)
    [wire] = sealed(pair.client, b"withdraw 10")
    [failed] = pair.server.receive_data(flip(wire, 8 * position), NOW)
    assert isinstance(failed, ChannelFailed)
