"""HMAC-SHA-256 against RFC 4231 and Project Wycheproof; their provenance is in README.md."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from framework import Authenticator, VerificationError
from plugins.hmac_sha256.mac import HmacSha256, HmacSha256Authenticator

Case = dict[str, Any]


def load(name: str) -> list[Case]:
    cases: list[Case] = json.loads(Path(__file__).with_name(name).read_text())
    return cases


RFC_4231 = load("rfc4231.json")
WYCHEPROOF = load("wycheproof_hmac_sha256.json")


def equivalent_key(key: bytes) -> bytes:
    """The 32-byte key that is the same HMAC key (RFC 2104 §2)."""
    assert not 32 < len(key) <= 64
    return sha256(key).digest() if len(key) > 64 else key.ljust(32, b"\0")


def authenticators(case: Case) -> list[Authenticator]:
    key = bytes.fromhex(case["key"])
    return [HmacSha256Authenticator(key), HmacSha256().authenticator(equivalent_key(key))]


@pytest.mark.parametrize("case", RFC_4231, ids=lambda case: f"case{case['case']}")
def test_rfc_4231(case: Case) -> None:
    data = bytes.fromhex(case["data"])
    for authenticator in authenticators(case):
        tag = authenticator.tag(data)
        if case["case"] == 5:  # the RFC gives only the first 128 bits
            assert tag[:16].hex() == case["tag"]
        else:
            assert tag.hex() == case["tag"]
            authenticator.verify(bytes.fromhex(case["tag"]), data)


@pytest.mark.parametrize("case", WYCHEPROOF, ids=lambda case: f"tc{case['tcId']}")
def test_wycheproof(case: Case) -> None:
    """Whole tags verify or not as the file says; a tag cut to 16 bytes never does, right though its bytes be."""
    message, tag = bytes.fromhex(case["msg"]), bytes.fromhex(case["tag"])
    is_valid = case["result"] == "valid"
    for authenticator in authenticators(case):
        assert (authenticator.tag(message)[: len(tag)] == tag) is is_valid
        if is_valid and len(tag) == 32:
            authenticator.verify(tag, message)
        else:
            with pytest.raises(VerificationError):
                authenticator.verify(tag, message)


def test_all_cases_are_there() -> None:
    assert [case["case"] for case in RFC_4231] == [1, 2, 3, 4, 5, 6, 7]
    assert [case["tcId"] for case in WYCHEPROOF] == list(range(1, 175))
    assert sum(case["result"] == "valid" for case in WYCHEPROOF) == 66
