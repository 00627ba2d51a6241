"""BG-KEM/1 agrees with itself at both registered sizes."""

import pytest

from framework import KeyExchange
from plugins.blumgoldwasser import register_key_exchanges


def registered() -> list[KeyExchange]:
    offered: list[KeyExchange] = []
    register_key_exchanges(offered.append)
    return offered


def test_it_offers_two_key_exchanges() -> None:
    assert [kex.info.name for kex in registered()] == ["bg", "bg2048"]


@pytest.mark.parametrize("kex", registered(), ids=lambda kex: kex.info.name)
def test_round_trip(kex: KeyExchange) -> None:
    pair = kex.generate_key_pair()
    kex.check_public_key(pair.public_key, pinned=True)
    sent = kex.encapsulate(pair.public_key)
    assert len(pair.public_key) == kex.public_key_size
    assert len(pair.private_key) == kex.private_key_size
    assert len(sent.ciphertext) == kex.ciphertext_size
    assert kex.decapsulate(pair.private_key, sent.ciphertext) == sent.shared_secret
    tampered = bytes([sent.ciphertext[0] ^ 1]) + sent.ciphertext[1:]
    assert kex.decapsulate(pair.private_key, tampered) != sent.shared_secret
