"""What holds for every message, every forged ciphertext and every key."""

from hashlib import sha3_256

from hypothesis import example, given
from hypothesis import strategies as st

from framework import InvalidKeyError, KeyPair
from plugins.blumgoldwasser.kem import BlumGoldwasserKem

MESSAGES = st.binary(min_size=32, max_size=32)
BLOCKS = st.binary(min_size=64, max_size=64)
KEYS = st.integers(min_value=0xC0 << 120, max_value=(1 << 128) - 1).map(lambda number: number | 3)
"""Odd numbers ≡ 3 (mod 4) of full length, seldom prime."""


def rejected(private_key: bytes, ciphertext: bytes) -> bytes:
    return sha3_256(b"BG-KEM/1 R\0" + private_key[-32:] + ciphertext).digest()


@given(MESSAGES)
@example(bytes(32))
@example(b"\xff" * 32)
def test_round_trip(tiny: BlumGoldwasserKem, pair: KeyPair, message: bytes) -> None:
    sent = tiny.encapsulate(pair.public_key, random_bytes=lambda _: message)
    assert tiny.decapsulate(pair.private_key, sent.ciphertext) == sent.shared_secret
    swapped = pair.private_key[16:32] + pair.private_key[:16] + pair.private_key[32:]
    assert tiny.decapsulate(swapped, sent.ciphertext) == sent.shared_secret


@given(st.binary(min_size=1, max_size=8))
def test_round_trip_under_many_keys(tiny: BlumGoldwasserKem, seed: bytes) -> None:
    drawn = iter(range(1 << 20))

    def source(size: int) -> bytes:
        return b"".join(sha3_256(seed + bytes([i]) + next(drawn).to_bytes(4, "big")).digest() for i in range(7))[:size]

    pair = tiny.generate_key_pair(random_bytes=source)
    sent = tiny.encapsulate(pair.public_key)
    assert tiny.decapsulate(pair.private_key, sent.ciphertext) == sent.shared_secret


@given(MESSAGES, st.integers(0, 511))
def test_any_flipped_bit_is_rejected(tiny: BlumGoldwasserKem, pair: KeyPair, message: bytes, bit: int) -> None:
    sent = tiny.encapsulate(pair.public_key, random_bytes=lambda _: message)
    forged = (int.from_bytes(sent.ciphertext, "big") ^ 1 << bit).to_bytes(64, "big")
    assert tiny.decapsulate(pair.private_key, forged) == rejected(pair.private_key, forged)


@given(MESSAGES, MESSAGES)
def test_halves_of_two_ciphertexts_do_not_mix(
    tiny: BlumGoldwasserKem, pair: KeyPair, message: bytes, other: bytes
) -> None:
    one, two = (tiny.encapsulate(pair.public_key, random_bytes=lambda _, m=m: m) for m in (message, other))  # type: ignore[misc]
    mixed = one.ciphertext[:32] + two.ciphertext[32:]
    expected = one.shared_secret if message == other else rejected(pair.private_key, mixed)
    assert tiny.decapsulate(pair.private_key, mixed) == expected


@given(MESSAGES)
def test_another_key_gives_another_secret(
    tiny: BlumGoldwasserKem, pair: KeyPair, other_pair: KeyPair, message: bytes
) -> None:
    sent = tiny.encapsulate(pair.public_key, random_bytes=lambda _: message)
    assert tiny.decapsulate(other_pair.private_key, sent.ciphertext) == rejected(
        other_pair.private_key, sent.ciphertext
    )


@given(BLOCKS)
@example(bytes(64))
@example(b"\xff" * 64)
def test_any_ciphertext_has_its_secret(tiny: BlumGoldwasserKem, pair: KeyPair, ciphertext: bytes) -> None:
    assert tiny.decapsulate(pair.private_key, ciphertext) == rejected(pair.private_key, ciphertext)


@given(BLOCKS, BLOCKS)
@example(bytes(64), bytes(64))
@example(b"\xff" * 64, b"\xff" * 64)
def test_any_private_key_is_taken(tiny: BlumGoldwasserKem, private_key: bytes, ciphertext: bytes) -> None:
    assert tiny.decapsulate(private_key, ciphertext) == rejected(private_key, ciphertext)


@given(KEYS, KEYS, MESSAGES, st.integers(0, 3))
def test_a_private_key_of_composites_is_taken(
    tiny: BlumGoldwasserKem, p: int, q: int, message: bytes, multiple: int
) -> None:
    """As a rule n = p·q passes the checks, yet p and q are not prime; z may be a multiple of p besides."""
    private_key = p.to_bytes(16, "big") + q.to_bytes(16, "big") + bytes(32)
    try:
        ciphertext = tiny.encapsulate((p * q).to_bytes(32, "big"), random_bytes=lambda _: message).ciphertext
    except InvalidKeyError:
        ciphertext = message + (multiple * p).to_bytes(32, "big")
    secrets = {tiny.decapsulate(private_key, ciphertext) for _ in range(3)}
    assert len(secrets) == 1
    assert {len(secret) for secret in secrets} == {32}


@given(st.binary(max_size=80))
def test_any_public_key_is_judged(tiny: BlumGoldwasserKem, public_key: bytes) -> None:
    for check in (tiny.check_public_key, tiny.encapsulate):
        try:
            check(public_key)
        except InvalidKeyError:
            assert len(public_key) != 32 or public_key[0] < 128 or public_key[-1] % 4 != 1 or check_again(public_key)


def check_again(public_key: bytes) -> bool:
    """Whether n is a square or has a small factor."""
    n = int.from_bytes(public_key, "big")
    return any(n % odd == 0 for odd in range(3, 2000, 2))
