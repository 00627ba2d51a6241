"""Secret, KeyPair, Encapsulation and events: nothing shows, copies or pickles what it holds."""

import copy
import json
import pickle
from collections.abc import Callable

import pytest

from framework import ChannelFailed, Encapsulation, HandshakeCompleted, KeyPair, MessageReceived, PeerClosed
from framework.events import FailureReason
from framework.record.codec import ContentType, Inner
from framework.secret import Secret

CANARY = b"CANARY-0123456789-KEY-MATERIAL"
FORMS = (CANARY.decode(), CANARY.hex(), repr(CANARY), str(list(CANARY)))

MAKERS: list[Callable[[], object]] = [
    lambda: Secret(CANARY),
    lambda: KeyPair(CANARY, CANARY),
    lambda: Encapsulation(CANARY, CANARY),
]
REPRS = [
    "Secret(30 bytes)",
    "KeyPair(public_key=30 bytes, private_key=30 bytes)",
    "Encapsulation(ciphertext=30 bytes, shared_secret=30 bytes)",
]
SHOWN: list[tuple[Callable[[], object], str]] = [
    *zip(MAKERS, REPRS, strict=True),
    (lambda: MessageReceived(CANARY), "MessageReceived(30 bytes)"),
    (lambda: Inner(ContentType.DATA, 7, CANARY), "Inner(DATA, 7, 30 bytes)"),
]


@pytest.mark.parametrize(("make", "expected"), SHOWN)
def test_a_repr_shows_lengths_and_no_bytes(make: Callable[[], object], expected: str) -> None:
    holder = make()
    assert repr(holder) == expected
    for text in (str(holder), f"{holder}", f"{[holder]}", f"{holder!a}"):
        assert not [form for form in FORMS if form in text]


@pytest.mark.parametrize("make", MAKERS)
def test_a_secret_is_neither_pickled_nor_copied(make: Callable[[], object]) -> None:
    holder = make()
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="never pickled or copied"):
            pickle.dumps(holder, protocol)
    for duplicate in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="never pickled or copied"):
            duplicate(holder)
    with pytest.raises(TypeError):
        json.dumps(holder)


@pytest.mark.parametrize("make", MAKERS)
def test_secrets_are_compared_by_identity_alone(make: Callable[[], object]) -> None:
    holder, other = make(), make()
    assert holder == holder
    assert holder != other
    assert hash(holder) != hash(CANARY)


@pytest.mark.parametrize("make", MAKERS[1:])
def test_a_pair_is_immutable(make: Callable[[], object]) -> None:
    holder = make()
    for name in type(holder).__annotations__:
        with pytest.raises(AttributeError):
            setattr(holder, name, b"")


def test_a_secret_keeps_its_own_copy_of_the_bytes() -> None:
    given = bytearray(CANARY)
    secret = Secret(given)  # type: ignore[arg-type]  # a caller may well hold its key in a bytearray
    given[:] = bytes(len(given))
    assert secret.expose() == CANARY
    assert type(secret.expose()) is bytes


def test_a_wiped_secret_is_zeros_of_the_same_length() -> None:
    secret = Secret(CANARY)
    secret.wipe()
    assert secret.expose() == bytes(len(CANARY))
    assert repr(secret) == "Secret(30 bytes)"


def test_a_secret_takes_no_further_attributes() -> None:
    with pytest.raises(AttributeError):
        Secret(CANARY).note = "x"  # type: ignore[attr-defined]


def test_events_are_values() -> None:
    assert HandshakeCompleted() == HandshakeCompleted()
    assert PeerClosed() == PeerClosed()
    assert MessageReceived(b"a") == MessageReceived(b"a") != MessageReceived(b"b")
    failed = ChannelFailed(FailureReason.CLOCK, "late")
    assert failed == ChannelFailed(FailureReason.CLOCK, "late")
    assert repr(failed) == "ChannelFailed(reason=<FailureReason.CLOCK: 'clock'>, detail='late')"
    assert str(failed.reason) == "clock"


def test_a_secret_is_overwritten_when_nobody_holds_it_any_more() -> None:
    secret = Secret(CANARY)
    value = secret._value
    del secret
    assert value == bytes(len(CANARY))
