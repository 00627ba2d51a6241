"""HMAC-SHA-256 against its definition, H(K ⊕ opad ‖ H(K ⊕ ipad ‖ text)), written out (RFC 2104 §2)."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework import VerificationError
from plugins.hmac_sha256.mac import HmacSha256, HmacSha256Authenticator

KEYS = st.binary(min_size=32, max_size=32)
PARTS = st.lists(st.binary(max_size=200), max_size=6)


def definition(key: bytes, text: bytes) -> bytes:
    block = (sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = sha256(bytes(x ^ 0x36 for x in block) + text).digest()
    return sha256(bytes(x ^ 0x5C for x in block) + inner).digest()


@given(KEYS, PARTS)
def test_a_tag_is_the_definition_of_the_joined_parts(key: bytes, parts: list[bytes]) -> None:
    assert HmacSha256().authenticator(key).tag(*parts) == definition(key, b"".join(parts))


@pytest.mark.parametrize("size", [0, 1, 31, 32, 33, 55, 63, 64, 65, 127, 128, 129])
@pytest.mark.parametrize("last", [0, 1])
def test_the_authenticator_takes_a_key_of_any_length(size: int, last: int) -> None:
    key = bytes([7] * (size - 1) + [last])[:size]
    assert HmacSha256Authenticator(key).tag(b"text") == definition(key, b"text")


@pytest.mark.parametrize("length", range(3 * 64 + 2))
def test_every_message_length_to_three_blocks(length: int) -> None:
    key, text = bytes(range(32)), bytes(i % 251 for i in range(length))
    tag = definition(key, text)
    authenticator = HmacSha256().authenticator(key)
    assert authenticator.tag(text) == tag
    assert authenticator.tag(*(text[i : i + 1] for i in range(length))) == tag


@given(KEYS, PARTS, PARTS)
def test_a_tag_verifies_for_its_own_text_alone(key: bytes, parts: list[bytes], others: list[bytes]) -> None:
    authenticator = HmacSha256().authenticator(key)
    tag = authenticator.tag(*parts)
    authenticator.verify(tag, b"".join(parts))
    if b"".join(others) != b"".join(parts):
        with pytest.raises(VerificationError):
            authenticator.verify(tag, *others)


@given(KEYS, st.binary(max_size=100), st.binary(min_size=1, max_size=20))
def test_no_length_extension(key: bytes, text: bytes, more: bytes) -> None:
    """What forges H(key ‖ text) does not forge this: no tag is the hash of a padded text continued."""
    authenticator = HmacSha256().authenticator(key)
    padding = b"\x80" + bytes(-(len(text) + 64 + 9) % 64) + (8 * (len(text) + 64)).to_bytes(8, "big")
    extended = text + padding + more
    assert authenticator.tag(extended) != sha256(authenticator.tag(text) + more).digest()
    with pytest.raises(VerificationError):
        authenticator.verify(authenticator.tag(text), extended)
