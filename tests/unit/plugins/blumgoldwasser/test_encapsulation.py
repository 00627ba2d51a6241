"""Encapsulation: one draw of 32 bytes, and everything else follows from it and the public key."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from framework import KeyPair, MisuseError
from plugins.blumgoldwasser.kem import BlumGoldwasserKem


def test_its_only_draw_is_32_bytes(kem: BlumGoldwasserKem, pair: KeyPair) -> None:
    sizes: list[int] = []

    def counted(size: int) -> bytes:
        sizes.append(size)
        return bytes(size)

    kem.encapsulate(pair.public_key, random_bytes=counted)
    assert sizes == [32]


def test_the_same_draw_gives_the_same(kem: BlumGoldwasserKem, pair: KeyPair) -> None:
    one, two = (kem.encapsulate(pair.public_key, random_bytes=lambda size: b"m" * size) for _ in range(2))
    assert (one.ciphertext, one.shared_secret) == (two.ciphertext, two.shared_secret)


def test_every_bit_of_the_draw_counts(tiny: BlumGoldwasserKem, tiny_pair: KeyPair) -> None:
    drawn = [bytes(32), *((1 << bit).to_bytes(32, "big") for bit in range(256))]
    sent = [tiny.encapsulate(tiny_pair.public_key, random_bytes=lambda _, m=m: m) for m in drawn]  # type: ignore[misc]
    assert len({each.shared_secret for each in sent}) == len({each.ciphertext[32:] for each in sent}) == 257


def test_the_draw_is_fresh_by_default(kem: BlumGoldwasserKem, pair: KeyPair) -> None:
    sent = [kem.encapsulate(pair.public_key) for _ in range(20)]
    for part in ({s.ciphertext[:32] for s in sent}, {s.ciphertext[32:] for s in sent}, {s.shared_secret for s in sent}):
        assert len(part) == 20


def test_the_secret_is_bound_to_the_public_key(kem: BlumGoldwasserKem, pair: KeyPair, other_pair: KeyPair) -> None:
    one, two = (kem.encapsulate(p.public_key, random_bytes=bytes) for p in (pair, other_pair))
    assert one.shared_secret != two.shared_secret
    assert one.ciphertext[:32] != two.ciphertext[:32]


@pytest.mark.parametrize("wrong", [b"", bytes(31), bytes(33), bytearray(32), "m" * 32, None])
def test_a_source_that_gives_something_else_is_refused(kem: BlumGoldwasserKem, pair: KeyPair, wrong: bytes) -> None:
    with pytest.raises(MisuseError, match="did not give 32 bytes"):
        kem.encapsulate(pair.public_key, random_bytes=lambda _: wrong)


def test_lengths_do_not_depend_on_leading_zeros(tiny: BlumGoldwasserKem, tiny_pair: KeyPair) -> None:
    """Of 3000 ciphertexts about twelve have a z, and about twelve a first half, that begins with a zero byte."""
    sent = [tiny.encapsulate(tiny_pair.public_key) for _ in range(3000)]
    assert {(len(s.ciphertext), len(s.shared_secret)) for s in sent} == {(64, 32)}
    short = [s for s in sent if s.ciphertext[32] == 0 or s.ciphertext[0] == 0 or s.shared_secret[0] == 0]
    assert short
    assert all(tiny.decapsulate(tiny_pair.private_key, s.ciphertext) == s.shared_secret for s in short)


def test_threads_share_an_instance(kem: BlumGoldwasserKem, pair: KeyPair, other_pair: KeyPair) -> None:
    def round_trip(turn: int) -> bool:
        each = (pair, other_pair)[turn % 2]
        sent = kem.encapsulate(each.public_key)
        return kem.decapsulate(each.private_key, sent.ciphertext) == sent.shared_secret

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(round_trip, range(24)))
