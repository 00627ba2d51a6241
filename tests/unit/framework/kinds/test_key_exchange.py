"""The guard around a key exchange."""

import secrets
from typing import Any

import pytest

from framework import (
    Encapsulation,
    KeyPair,
    PluginError,
)
from framework.kinds.key_exchange import GuardedKeyExchange
from tests.support.flawed import ENCAPSULATE, GENERATE, Flawed, Reach, giving
from tests.support.peers import X25519Kem


def pairs(kind: Any) -> list[tuple[object, str]]:
    return [
        (None, "gave NoneType, not an? "),
        ((bytes(32), bytes(32)), "gave tuple, not an? "),
        (kind(bytes(31), bytes(32)), r"(public key|ciphertext)\) gave 31 bytes"),
        (kind(bytes(33), bytes(32)), r"(public key|ciphertext)\) gave 33 bytes"),
        (kind(bytes(32), bytes(31)), r"(private key|shared secret)\) gave 31 bytes"),
        (kind(bytes(32), bytes(33)), r"(private key|shared secret)\) gave 33 bytes"),
        (kind(bytearray(32), bytes(32)), "gave bytearray"),
        (kind(bytes(32), memoryview(bytes(32))), "gave memoryview"),
        (kind(None, bytes(32)), "gave NoneType"),
        (kind(bytes(32), "x" * 32), "gave str"),
    ]


@pytest.mark.parametrize(
    ("reach", "kind"),
    [
        pytest.param(*GENERATE.values, KeyPair, id="generate"),
        pytest.param(*ENCAPSULATE.values, Encapsulation, id="encapsulate"),
    ],
)
def test_both_halves_of_a_pair_are_checked(reach: Reach, kind: Any) -> None:
    right = kind(bytes(32), bytes(32))
    assert reach(giving(right)) is right
    for value, message in pairs(kind):
        with pytest.raises(PluginError, match=message):
            reach(giving(value))


def test_a_sound_key_exchange_works_and_gets_the_injected_randomness() -> None:
    kem = GuardedKeyExchange(X25519Kem(), "p")
    drawn: list[int] = []

    def random_bytes(count: int) -> bytes:
        drawn.append(count)
        return secrets.token_bytes(count)

    pair = kem.generate_key_pair(random_bytes=random_bytes)
    sent = kem.encapsulate(pair.public_key, random_bytes=random_bytes)
    assert kem.decapsulate(pair.private_key, sent.ciphertext) == sent.shared_secret
    assert drawn == [32, 32]
    kem.check_public_key(pair.public_key)


def test_pinned_reaches_the_plugin() -> None:
    asked: list[object] = []
    flawed = Flawed(X25519Kem(), "check_public_key", lambda *_, pinned: asked.append(pinned))
    kem = GuardedKeyExchange(flawed, "p")
    kem.check_public_key(bytes(32))
    kem.check_public_key(bytes(32), pinned=True)
    assert asked == [False, True]
