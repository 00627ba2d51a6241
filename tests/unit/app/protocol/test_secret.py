"""The card secret: in constant time, out of every repr, never pickled."""

import copy
import hashlib
import pickle

import pytest

from app.protocol.secret import CardSecret

VALUE = bytes(range(32))


def test_the_digest_is_sha256() -> None:
    assert CardSecret(VALUE).digest() == hashlib.sha256(VALUE).digest()


def test_hex_goes_there_and_back() -> None:
    assert CardSecret.from_hex(CardSecret(VALUE).hex()) == CardSecret(VALUE)
    assert CardSecret(VALUE) != CardSecret(bytes(32))
    assert CardSecret(VALUE) != VALUE


@pytest.mark.parametrize("size", [0, 31, 33])
def test_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        CardSecret(bytes(size))


def test_it_is_drawn_from_the_given_source() -> None:
    assert CardSecret.generate(lambda size: b"\x07" * size) == CardSecret(b"\x07" * 32)
    assert CardSecret.generate() != CardSecret.generate()


def test_it_shows_its_length_and_nothing_else() -> None:
    secret = CardSecret(VALUE)
    assert repr(secret) == str(secret) == f"{secret}" == "CardSecret(32 bytes)"
    for act in (pickle.dumps, copy.copy, copy.deepcopy, hash):
        with pytest.raises(TypeError):
            act(secret)


def test_a_refused_text_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="64 lower-case hex") as caught:
        CardSecret.from_hex("5ec2e7" * 10)
    assert "5ec2e7" not in repr(caught.value)
    assert caught.value.__context__ is None
