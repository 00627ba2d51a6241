"""H, HMAC, HKDF and the labelled expansion, against RFC vectors and against HKDF written out by hand."""

import hashlib
import hmac

import pytest

from framework import kdf

# RFC 5869, Appendix A: test cases 1 to 3 (SHA-256).
RFC_5869 = [
    pytest.param(
        "0b" * 22,
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        id="A.1",
    ),
    pytest.param(
        bytes(range(0x50)).hex(),
        bytes(range(0x60, 0xB0)).hex(),
        bytes(range(0xB0, 0x100)).hex(),
        "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
        "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
        "cc30c58179ec3e87c14c01d5c1f3434f1d87",
        id="A.2",
    ),
    pytest.param(
        "0b" * 22,
        "",
        "",
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        id="A.3",
    ),
]


def expand(prk: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand as RFC 5869 §2.3 states it."""
    output, block, counter = b"", b"", 1
    while len(output) < length:
        block = hmac.new(prk, block + info + bytes([counter]), hashlib.sha256).digest()
        output += block
        counter += 1
    return output[:length]


@pytest.mark.parametrize(("ikm", "salt", "info", "prk", "okm"), RFC_5869)
def test_extract_and_the_expansion_of_these_tests_agree_with_rfc_5869(
    ikm: str, salt: str, info: str, prk: str, okm: str
) -> None:
    assert kdf.extract(bytes.fromhex(salt), bytes.fromhex(ikm)).hex() == prk
    assert expand(bytes.fromhex(prk), bytes.fromhex(info), len(okm) // 2).hex() == okm


@pytest.mark.parametrize("label", ["enc", "c traffic", "l" * 244])
@pytest.mark.parametrize("context", [b"", b"\x01", bytes(32), b"c" * 255])
@pytest.mark.parametrize("length", [1, 32, 33, 8160])
def test_expand_label_is_hkdf_expand_with_a_labelled_info(label: str, context: bytes, length: int) -> None:
    secret = bytes(range(32))
    name = b"suitecase1 " + label.encode()
    info = length.to_bytes(2) + bytes([len(name)]) + name + bytes([len(context)]) + context
    assert kdf.expand_label(secret, label, context, length) == expand(secret, info, length)


def test_no_part_of_the_input_of_expand_label_is_without_effect() -> None:
    outputs = [
        kdf.expand_label(bytes(32), "a", b"b", 32),
        kdf.expand_label(bytes(31) + b"\x01", "a", b"b", 32),
        kdf.expand_label(bytes(32), "b", b"b", 32),
        kdf.expand_label(bytes(32), "a", b"c", 32),
        kdf.expand_label(bytes(32), "a", b"", 32),
        kdf.expand_label(bytes(32), "ab", b"", 32),
        kdf.expand_label(bytes(32), "a", b"b", 33)[:32],
    ]
    assert len(set(outputs)) == len(outputs)


def test_lp_puts_the_length_before_the_value() -> None:
    assert kdf.lp(b"") == b"\0\0\0\0"
    assert kdf.lp(b"x" * 258) == b"\0\0\x01\x02" + b"x" * 258


def test_the_parts_of_a_hash_are_joined() -> None:
    assert kdf.sha256(b"a", b"b", b"c") == hashlib.sha256(b"abc").digest()
    assert kdf.hmac_digest(b"key", b"a", b"bc") == hmac.new(b"key", b"abc", hashlib.sha256).digest()
