"""HMAC-SHA-256: the MAC as the registry meets it."""

import pytest

from framework import Mac, VerificationError
from plugins.hmac_sha256 import register_macs


def test_it_offers_hmac() -> None:
    offered: list[Mac] = []
    register_macs(offered.append)
    assert [mac.info.name for mac in offered] == ["hmac"]


def test_a_tag_verifies_and_a_flipped_one_does_not() -> None:
    offered: list[Mac] = []
    register_macs(offered.append)
    authenticator = offered[0].authenticator(bytes(32))
    tag = authenticator.tag(b"ab", b"c")
    authenticator.verify(tag, b"a", b"bc")
    with pytest.raises(VerificationError):
        authenticator.verify(bytes([tag[0] ^ 1]) + tag[1:], b"abc")
