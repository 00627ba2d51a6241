"""The steps of the handshake: the order of the server's work, and each check on its own (PROTOCOL §4)."""

import secrets
from typing import Any

import pytest

from framework import ChannelFailed, HandshakeCompleted, InvalidKeyError, KeyPair, Suite
from framework.events import Event, FailureReason
from framework.frame import FrameType
from framework.handshake import steps, symmetric_state
from framework.handshake.context import Context
from framework.handshake.key_schedule import mac1, mix_key
from framework.handshake.keys import Keys
from framework.limits import Limits
from framework.secret import Secret
from tests.support.channels import NOW, begin_pair, etm_suite, flip
from tests.support.handshakes import field_sizes
from tests.support.peers import X25519Kem
from tests.support.spies import Record, SpyKem

SKEW = 30_000
MAC1, NONCE, CT, SEALED = 0, 1, 2, 3


def field_offset(suite: Suite, frame_type: FrameType, index: int) -> int:
    return 8 + sum(field_sizes(suite, frame_type)[:index])


def with_right_mac1(m1: bytes, server_public_key: bytes) -> bytes:
    """What an attacker does who knows the public key: mac1 is no authentication."""
    return m1[:8] + mac1(server_public_key, m1[:8], m1[24:]) + m1[24:]


def reason_of(events: list[Event]) -> FailureReason:
    [event] = events
    assert isinstance(event, ChannelFailed)
    return event.reason


# --- the order of the work on M1 (PROTOCOL §4.8): nothing costly before something cheap ---


def server_calls(m1_change: Any) -> tuple[list[str], FailureReason | None]:
    record = Record()
    suite = etm_suite(kex=SpyKem(record))
    static = X25519Kem().generate_key_pair()
    pair = begin_pair(suite, key_pair=static)
    m1 = m1_change(pair.client.data_to_send(), static.public_key, suite)
    record.calls.clear()
    events = pair.server.receive_data(m1, NOW)
    return record.calls, reason_of(events) if events else None


def test_a_wrong_mac1_costs_no_decapsulation() -> None:
    for bit in (0, 127):
        calls, reason = server_calls(lambda m1, *_, bit=bit: m1[:8] + flip(m1[8:24], bit) + m1[24:])
        assert (calls, reason) == ([], FailureReason.AUTHENTICATION)


def test_every_field_of_m1_is_under_mac1() -> None:
    for index in (NONCE, CT, SEALED):
        calls, reason = server_calls(
            lambda m1, _, suite, index=index: flip(m1, 8 * field_offset(suite, FrameType.M1, index))
        )
        assert (calls, reason) == ([], FailureReason.AUTHENTICATION)


def test_a_right_mac1_over_altered_fields_costs_a_decapsulation_and_no_more() -> None:
    for index in (NONCE, CT, SEALED):
        calls, reason = server_calls(
            lambda m1, key, suite, index=index: with_right_mac1(
                flip(m1, 8 * field_offset(suite, FrameType.M1, index) + 1), key
            )
        )
        assert (calls, reason) == (["decapsulate"], FailureReason.AUTHENTICATION)


def test_a_genuine_m1_costs_a_decapsulation_and_an_encapsulation() -> None:
    calls, reason = server_calls(lambda m1, *_: m1)
    assert reason is None
    assert calls[:2] == ["decapsulate", "encapsulate"]
    assert "generate_key_pair" not in calls


def test_a_wrong_length_costs_nothing() -> None:
    calls, reason = server_calls(lambda m1, *_: m1[:4] + (len(m1) - 7).to_bytes(4) + m1[8:] + b"x")
    assert (calls, reason) == ([], FailureReason.MALFORMED)


# --- what an honest peer never sends, behind a right seal ---


def forged_m1(suite: Suite, static: KeyPair, payload: bytes, monkeypatch: pytest.MonkeyPatch, now: int = NOW) -> bytes:
    """An M1 whose payload of 64 bytes is this one; everything else is right."""
    with monkeypatch.context() as patched:
        patched.setattr(steps, "encode_payload", lambda *_: payload)
        context = Context(suite, static.public_key, "suitecase", "server", secrets.token_bytes)
        return steps.Handshake(Keys(context, ephemeral=suite.key_exchange.generate_key_pair())).write(now)


def test_reserved_bytes_of_m1_are_zero(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    static = suite.key_exchange.generate_key_pair()
    for position in (8, 63):
        payload = bytearray(NOW.to_bytes(8) + bytes(56))
        payload[position] = 1
        pair = begin_pair(suite, key_pair=static)
        m1 = forged_m1(suite, static, bytes(payload), monkeypatch)
        assert reason_of(pair.server.receive_data(m1, NOW)) is FailureReason.MALFORMED
        assert pair.server.data_to_send() == b""


@pytest.mark.parametrize("offset", [-SKEW - 1, -SKEW, 0, SKEW, SKEW + 1])
def test_a_first_message_is_fresh(suite: Suite, offset: int) -> None:
    pair = begin_pair(suite, now=NOW)
    events = pair.server.receive_data(pair.client.data_to_send(), NOW + offset)
    if abs(offset) <= SKEW:
        assert events == []
        assert pair.server.data_to_send()
    else:
        assert reason_of(events) is FailureReason.CLOCK
        assert pair.server.data_to_send() == b""


@pytest.mark.parametrize("offset", [-SKEW - 1, -SKEW, 0, SKEW, SKEW + 1])
def test_a_second_message_is_fresh(suite: Suite, offset: int) -> None:
    pair = begin_pair(suite)
    pair.server.receive_data(pair.client.data_to_send(), NOW)
    events = pair.client.receive_data(pair.server.data_to_send(), NOW + offset)
    if abs(offset) <= SKEW:
        assert events == [HandshakeCompleted()]
    else:
        assert reason_of(events) is FailureReason.CLOCK
        assert pair.client.data_to_send() == b""


@pytest.mark.parametrize("offset", [-SKEW - 1, -SKEW, 0, SKEW, SKEW + 1])
def test_a_third_message_is_fresh(suite: Suite, offset: int) -> None:
    pair = begin_pair(suite)
    pair.server.receive_data(pair.client.data_to_send(), NOW)
    pair.client.receive_data(pair.server.data_to_send(), NOW)
    events = pair.server.receive_data(pair.client.data_to_send(), NOW + offset)
    if abs(offset) <= SKEW:
        assert events == [HandshakeCompleted()]
    else:
        assert reason_of(events) is FailureReason.CLOCK


def test_the_third_message_is_not_older_than_the_first(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's clock may stand still; its messages do not go back in time."""
    for back, accepted in ((0, True), (1, False)):
        pair = begin_pair(suite)
        pair.server.receive_data(pair.client.data_to_send(), NOW)
        m2 = pair.server.data_to_send()
        with monkeypatch.context() as patched:
            patched.setattr(
                steps, "encode_payload", lambda _, size, back=back: (NOW - back).to_bytes(8) + bytes(size - 8)
            )
            pair.client.receive_data(m2, NOW)
        events = pair.server.receive_data(pair.client.data_to_send(), NOW)
        assert (events == [HandshakeCompleted()]) == accepted
        assert accepted or reason_of(events) is FailureReason.CLOCK


def test_an_honest_client_whose_clock_goes_back_is_understood(suite: Suite) -> None:
    pair = begin_pair(suite, now=NOW)
    pair.server.receive_data(pair.client.data_to_send(), NOW)
    assert pair.client.receive_data(pair.server.data_to_send(), NOW - 10_000) == [HandshakeCompleted()]
    assert pair.server.receive_data(pair.client.data_to_send(), NOW) == [HandshakeCompleted()]
    pair.client.send(b"x", NOW - 10_000)
    assert len(pair.server.receive_data(pair.client.data_to_send(), NOW)) == 1


@pytest.mark.parametrize("position", [8, 31])
def test_reserved_bytes_of_m2_and_m3_are_zero(suite: Suite, monkeypatch: pytest.MonkeyPatch, position: int) -> None:
    payload = bytearray(NOW.to_bytes(8) + bytes(24))
    payload[position] = 0x80
    pair = begin_pair(suite)
    m1 = pair.client.data_to_send()
    with monkeypatch.context() as patched:
        patched.setattr(steps, "encode_payload", lambda *_: bytes(payload))
        pair.server.receive_data(m1, NOW)
    assert reason_of(pair.client.receive_data(pair.server.data_to_send(), NOW)) is FailureReason.MALFORMED
    assert pair.client.data_to_send() == b""

    pair = begin_pair(suite)
    pair.server.receive_data(pair.client.data_to_send(), NOW)
    m2 = pair.server.data_to_send()
    with monkeypatch.context() as patched:
        patched.setattr(steps, "encode_payload", lambda *_: bytes(payload))
        pair.client.receive_data(m2, NOW)
    assert reason_of(pair.server.receive_data(pair.client.data_to_send(), NOW)) is FailureReason.MALFORMED


def test_the_skew_is_the_suite_s() -> None:
    suite = etm_suite(limits=Limits(skew_ms=10))
    for offset, accepted in ((10, True), (11, False)):
        pair = begin_pair(suite)
        assert (pair.server.receive_data(pair.client.data_to_send(), NOW + offset) == []) == accepted


def test_an_ephemeral_key_that_the_key_exchange_refuses_fails_the_handshake_like_a_forgery() -> None:
    class Choosy(X25519Kem):
        def encapsulate(self, public_key: bytes, **keywords: Any) -> Any:
            if public_key != static.public_key:
                raise InvalidKeyError("a smooth modulus")
            return super().encapsulate(public_key, **keywords)

    static = X25519Kem().generate_key_pair()
    pair = begin_pair(etm_suite(kex=Choosy()), key_pair=static)
    assert reason_of(pair.server.receive_data(pair.client.data_to_send(), NOW)) is FailureReason.AUTHENTICATION
    assert pair.server.data_to_send() == b""


# --- who is at the other end ---


def test_a_server_with_another_key_is_found_out_and_the_client_says_nothing(suite: Suite) -> None:
    pinned, other = (suite.key_exchange.generate_key_pair() for _ in range(2))
    pair = begin_pair(suite, key_pair=pinned)
    impostor = begin_pair(suite, key_pair=other).server
    assert reason_of(impostor.receive_data(pair.client.data_to_send(), NOW)) is FailureReason.AUTHENTICATION
    assert impostor.data_to_send() == b""


def test_a_server_that_knows_the_public_key_alone_is_found_out(suite: Suite) -> None:
    """It computes mac1, and everything else but the shared secret."""
    static, own = (suite.key_exchange.generate_key_pair() for _ in range(2))
    pair = begin_pair(suite, key_pair=static)
    impostor = begin_pair(suite, key_pair=KeyPair(static.public_key, own.private_key)).server
    assert reason_of(impostor.receive_data(pair.client.data_to_send(), NOW)) is FailureReason.AUTHENTICATION


def test_an_m2_made_without_the_private_key_does_not_open(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """An impostor with a state of its own: right in everything but ck1."""
    static = suite.key_exchange.generate_key_pair()
    pair = begin_pair(suite, key_pair=static)
    m1 = pair.client.data_to_send()
    guess = mix_key
    with monkeypatch.context() as patched:
        patched.setattr(symmetric_state, "mix_key", lambda secret, _: guess(secret, bytes(32)))
        patched.setattr(
            symmetric_state.SymmetricState, "open", lambda *_: pair_ephemeral(pair) + NOW.to_bytes(8) + bytes(56)
        )
        pair.server.receive_data(m1, NOW)
    assert reason_of(pair.client.receive_data(pair.server.data_to_send(), NOW)) is FailureReason.AUTHENTICATION
    assert pair.client.data_to_send() == b""


def pair_ephemeral(pair: Any) -> bytes:
    key = pair.client._handshake._keys.ephemeral.public_key
    assert isinstance(key, bytes)
    return key


def test_states_of_the_handshake_show_no_secret(suite: Suite) -> None:
    pair = begin_pair(suite)
    states = [pair.client._handshake, pair.server._handshake]
    pair.server.receive_data(pair.client.data_to_send(), NOW)
    states.append(pair.server._handshake)
    for state in states:
        assert state is not None
        for shown in (state, state._keys, state._symmetric, state._keys.context):
            assert repr(shown).startswith("<framework.handshake.")


def test_every_chaining_key_is_erased_when_the_handshake_is_over(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """PROTOCOL §4.6; ck0 needs no erasing, for everybody can compute it."""
    made: list[Secret] = []

    def remembering(chaining_key: Secret, shared_secret: bytes) -> Secret:
        made.append(mix_key(chaining_key, shared_secret))
        assert any(made[-1].expose())
        return made[-1]

    monkeypatch.setattr(symmetric_state, "mix_key", remembering)
    pair = begin_pair(suite)
    pair.exchange()
    assert len(made) == 4, "ck1 and ck2 on either side"
    assert not any(any(secret.expose()) for secret in made)
