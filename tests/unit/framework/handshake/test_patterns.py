"""Patterns as tables: one reader and one writer walk whatever a table says (PROTOCOL §4.9)."""

from dataclasses import replace

import pytest

from framework import HandshakeCompleted, MessageReceived, Suite
from framework.frame import FrameType
from framework.pattern import MAC1_SIZE, PQNK, Message, Part, Pattern, Token
from tests.support.channels import NOW, Pair, begin_pair
from tests.support.handshakes import field_sizes

ANONYMOUS = Pattern(
    "pqNN",
    (
        Message(FrameType.M1, (Part((Token.NONCE, Token.EPHEMERAL)),)),
        Message(FrameType.M2, (Part((Token.NONCE, Token.TO_EPHEMERAL)), Part(label="m2", payload=32))),
        Message(FrameType.M3, (Part(label="m3", payload=40),)),
    ),
)
"""Nobody is authenticated: the ephemeral key goes in the clear, and no first message is filtered."""

TWICE = Pattern(
    "pqNK2",
    (
        Message(
            FrameType.M1,
            (
                Part((Token.NONCE, Token.TO_SERVER)),
                Part((Token.TO_SERVER, Token.EPHEMERAL), label="first", payload=8),
                Part(label="second", payload=16),
            ),
            filtered=True,
        ),
        Message(FrameType.M2, (Part((Token.TO_EPHEMERAL, Token.TO_EPHEMERAL)), Part(label="m2", payload=32))),
        Message(FrameType.M3, (Part(label="m3", payload=32),)),
    ),
)
"""A sealed ciphertext, two secrets of one part, and two sealed parts in a message."""


def shaken(suite: Suite) -> Pair:
    pair = begin_pair(suite)
    pair.exchange()
    assert pair.client_events == pair.server_events == [HandshakeCompleted()]
    return pair


@pytest.mark.parametrize("pattern", [ANONYMOUS, TWICE], ids=lambda pattern: pattern.name)
def test_another_table_is_another_handshake(suite: Suite, pattern: Pattern) -> None:
    pair = shaken(replace(suite, pattern=pattern))
    for sender, receiver in ((pair.client, pair.server), (pair.server, pair.client)):
        sender.send(b"said", NOW)
        assert receiver.receive_data(sender.data_to_send(), NOW) == [MessageReceived(b"said")]
    assert pair.client.export("x", b"", 32) == pair.server.export("x", b"", 32)


def test_both_sides_have_one_pattern(suite: Suite) -> None:
    """The pattern stands in the descriptor, so two sides with two of them do not understand each other."""
    renamed = replace(suite, pattern=replace(PQNK, name="pqXX"))
    assert renamed.descriptor() != suite.descriptor()
    static = suite.key_exchange.generate_key_pair()
    ours, theirs = begin_pair(suite, key_pair=static), begin_pair(renamed, key_pair=static)
    [event] = theirs.server.receive_data(ours.client.data_to_send(), NOW)
    assert not isinstance(event, HandshakeCompleted)


def test_the_sizes_of_a_message_are_those_of_its_tokens(suite: Suite) -> None:
    kex, tag = suite.key_exchange, suite.tag_size
    of = replace(suite, pattern=TWICE)
    sealed = kex.ciphertext_size + kex.public_key_size + 8 + tag
    assert field_sizes(of, FrameType.M1) == (MAC1_SIZE, 32, kex.ciphertext_size, sealed, 16 + tag)
    assert field_sizes(of, FrameType.M2) == (kex.ciphertext_size, kex.ciphertext_size, 32 + tag)
    assert of.body_size(FrameType.M3) == 32 + tag


@pytest.mark.parametrize("pattern", [PQNK, TWICE], ids=lambda pattern: pattern.name)
@pytest.mark.parametrize("frame_type", [FrameType.M1, FrameType.M2, FrameType.M3], ids=lambda each: each.name)
def test_every_byte_of_a_message_counts(suite: Suite, pattern: Pattern, frame_type: FrameType) -> None:
    """Whatever byte is altered behind the header, the handshake does not come about."""
    of = replace(suite, pattern=pattern)
    for at in range(8, 8 + of.body_size(frame_type), 7):
        pair = begin_pair(of)
        sides = {FrameType.M1: pair.client, FrameType.M2: pair.server, FrameType.M3: pair.client}
        for each in (FrameType.M1, FrameType.M2, FrameType.M3):
            frame = bytearray(sides[each].data_to_send())
            if each is frame_type:
                frame[at] ^= 0x40
            receiver = pair.server if sides[each] is pair.client else pair.client
            events = receiver.receive_data(bytes(frame), NOW)
            if each is frame_type:
                assert not any(isinstance(event, HandshakeCompleted) for event in events)
                assert not receiver.is_open
                assert receiver.data_to_send() == b""
                break
