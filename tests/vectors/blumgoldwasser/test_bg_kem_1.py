"""BG-KEM/1 against vectors from a second computation, and against that computation live."""

from hashlib import shake_256
from types import ModuleType
from typing import Any

import pytest

from framework import KeyExchange, RandomBytes
from plugins.blumgoldwasser.kem import BlumGoldwasserKem
from plugins.blumgoldwasser.parameters import BG_2048, BG_3072

Vectors = dict[str, list[dict[str, Any]]]
KEMS = {parameters.name: BlumGoldwasserKem(parameters) for parameters in (BG_3072, BG_2048)}
EVERY_KEY = pytest.mark.parametrize(("name", "index"), [(name, index) for name in KEMS for index in (0, 1)])


def always(drawn: bytes) -> RandomBytes:
    return lambda _size: drawn


@EVERY_KEY
def test_the_public_key_is_accepted_even_pinned(vectors: Vectors, name: str, index: int) -> None:
    KEMS[name].check_public_key(bytes.fromhex(vectors[name][index]["public_key"]), pinned=True)


@EVERY_KEY
def test_encapsulation(vectors: Vectors, name: str, index: int) -> None:
    key = vectors[name][index]
    for case in key["genuine"]:
        drawn = bytes.fromhex(case["m"])
        sent = KEMS[name].encapsulate(bytes.fromhex(key["public_key"]), random_bytes=always(drawn))
        assert sent.ciphertext.hex() == case["ct"]
        assert sent.shared_secret.hex() == case["K"]


@EVERY_KEY
def test_decapsulation(vectors: Vectors, name: str, index: int) -> None:
    key = vectors[name][index]
    for case in key["genuine"]:
        assert decapsulate(KEMS[name], key, case) == case["K"]


@EVERY_KEY
def test_implicit_rejection(vectors: Vectors, name: str, index: int) -> None:
    key = vectors[name][index]
    wrong = [case["why"] for case in key["rejected"] if decapsulate(KEMS[name], key, case) != case["K"]]
    assert wrong == []


def decapsulate(kem: KeyExchange, key: dict[str, Any], case: dict[str, Any]) -> str:
    return kem.decapsulate(bytes.fromhex(key["private_key"]), bytes.fromhex(case["ct"])).hex()


def test_the_vectors_cover_what_they_claim(vectors: Vectors) -> None:
    assert sorted(vectors) == ["bg", "bg2048"]
    for keys in vectors.values():
        assert sorted(key["p_below_q"] for key in keys) == [False, True]
        assert [len(key["genuine"]) for key in keys] == [4, 4]
        assert [len(key["rejected"]) for key in keys] == [28, 28]
        for key in keys:
            genuine = {case["K"] for case in key["genuine"]}
            rejected = {case["K"] for case in key["rejected"]}
            assert len(genuine) == 4
            assert len(rejected) == 28
            assert not genuine & rejected


def test_the_vectors_can_be_derived_again(vectors: Vectors, reference: ModuleType) -> None:
    """One genuine ciphertext, by 257 square roots in turn, and one forged."""
    key, private_key = vectors["bg2048"][0], bytes.fromhex(vectors["bg2048"][0]["private_key"])
    parts = (int.from_bytes(private_key[:128]), int.from_bytes(private_key[128:256]), private_key[256:])
    case = key["genuine"][1]
    ciphertext, shared_secret = reference.encapsulate(bytes.fromhex(key["public_key"]), bytes.fromhex(case["m"]))
    assert (ciphertext.hex(), shared_secret.hex()) == (case["ct"], case["K"])
    assert reference.decapsulate(parts, ciphertext).hex() == case["K"]
    forged = key["rejected"][0]
    assert reference.decapsulate(parts, bytes.fromhex(forged["ct"]), one_by_one=False).hex() == forged["K"]


@pytest.mark.parametrize("name", list(KEMS))
def test_messages_and_forgeries_of_the_day(vectors: Vectors, reference: ModuleType, name: str) -> None:
    """Both computations on inputs that are not in the file: a flipped bit in each of four new ciphertexts."""
    key = vectors[name][1]
    public_key, private_key = bytes.fromhex(key["public_key"]), bytes.fromhex(key["private_key"])
    half = len(public_key) // 2
    parts = int.from_bytes(private_key[:half]), int.from_bytes(private_key[half:-32]), private_key[-32:]
    for turn in range(4):
        message = shake_256(f"{name} {turn}".encode()).digest(32)
        sent = KEMS[name].encapsulate(public_key, random_bytes=always(message))
        assert (sent.ciphertext, sent.shared_secret) == reference.encapsulate(public_key, message)
        bit = int.from_bytes(message) % (8 * len(sent.ciphertext))
        forged = (int.from_bytes(sent.ciphertext) ^ 1 << bit).to_bytes(len(sent.ciphertext))
        assert KEMS[name].decapsulate(private_key, forged) == reference.decapsulate(parts, forged, one_by_one=False)
