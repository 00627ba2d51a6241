"""What a primitive says of itself: its info, its name and its sizes."""

import pytest

from framework import PrimitiveInfo, Status
from plugins.hmac_sha256.mac import HmacSha256
from tests.support.made_plugins import MakePlugin, error_of, load, named, offering
from tests.support.peers import AesCtr, AesGcm, X25519Kem

INFO = {"name": "x", "title": "t", "security_bits": 128, "status": Status.LEGACY, "reference": "r"}


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("name", None, "str"),
        ("name", b"x", "str"),
        ("title", 7, "str"),
        ("security_bits", "128", "int"),
        ("security_bits", 128.0, "int"),
        ("security_bits", True, "int"),
        ("status", "LEGACY", "Status"),
        ("reference", None, "str"),
    ],
)
def test_the_fields_of_an_info_have_their_types(plugin: MakePlugin, field: str, value: object, expected: str) -> None:
    info = PrimitiveInfo(**{**INFO, field: value})  # type: ignore[arg-type]
    loaded = load(plugin("p", register_macs=offering(named(HmacSha256, "x", info=info))))
    assert f"{field} in its info must be a {expected}" in error_of(loaded, "p")


@pytest.mark.parametrize("name", ["", "X", "3des", "a-b", "a_b", "a b", "a\n", "é", "a\u0663", "hmac-"])
def test_a_name_is_a_token_of_a_suite_name(plugin: MakePlugin, name: str) -> None:
    loaded = load(plugin("p", register_macs=offering(named(HmacSha256, name))))
    assert "is not of the form [a-z][a-z0-9]*" in error_of(loaded, "p")


SIZES = [
    ("register_key_exchanges", X25519Kem, ("public_key_size", "private_key_size", "ciphertext_size")),
    ("register_bulk_ciphers", AesCtr, ("key_size", "iv_size", "max_bytes_per_key")),
    ("register_macs", HmacSha256, ("key_size", "tag_size")),
    ("register_aeads", AesGcm, ("key_size", "nonce_size", "tag_size", "max_records_per_key")),
]


CLAIMS = [(hook, kind, claim) for hook, kind, claims in SIZES for claim in claims]


@pytest.mark.parametrize(("hook", "kind", "claim"), CLAIMS, ids=[f"{kind.__name__}.{c}" for _, kind, c in CLAIMS])
@pytest.mark.parametrize("value", [0, -1, True, 32.0, "32", None, b"32", 2**63, 2**64])
def test_a_size_is_a_positive_int(plugin: MakePlugin, hook: str, kind: type, claim: str, value: object) -> None:
    loaded = load(plugin("p", **{hook: offering(named(kind, "x", **{claim: value}))}))
    assert f"x: {claim} must be an int from" in error_of(loaded, "p")


@pytest.mark.parametrize(
    ("hook", "kind", "claim", "least", "most"),
    [
        # RFC 5869 §2.3: HKDF-Expand gives at most 255 blocks of 32 bytes.
        ("register_bulk_ciphers", AesCtr, "key_size", 1, 8160),
        ("register_bulk_ciphers", AesCtr, "iv_size", 1, 8160),
        ("register_macs", HmacSha256, "key_size", 1, 8160),
        ("register_aeads", AesGcm, "key_size", 1, 8160),
        # PROTOCOL §6.3: the nonce holds a u64.
        ("register_aeads", AesGcm, "nonce_size", 8, 8160),
        # What a peer can make the other side hold.
        ("register_key_exchanges", X25519Kem, "public_key_size", 1, 2**24),
        ("register_key_exchanges", X25519Kem, "ciphertext_size", 1, 2**24),
    ],
)
def test_a_size_lies_between_what_the_protocol_can_use(
    plugin: MakePlugin, hook: str, kind: type, claim: str, least: int, most: int
) -> None:
    for value, taken in ((least - 1, False), (least, True), (most, True), (most + 1, False)):
        loaded = load(plugin("p", **{hook: offering(named(kind, "x", **{claim: value}))}))
        assert (loaded.plugins[0].error is None) == taken, value


def test_claims_are_checked_as_they_are_used(plugin: MakePlugin) -> None:
    """A size that changes between two looks is checked in the form in which the guard keeps it."""

    class Wavering(HmacSha256):
        info = PrimitiveInfo("x", "x", 128, Status.LEGACY, "this test")
        looks = 0

        @property
        def tag_size(self) -> int:  # type: ignore[override]
            Wavering.looks += 1
            return 32 if Wavering.looks % 2 else -5

    for _ in range(4):
        loaded = load(plugin("p", register_macs=offering(Wavering())))
        if loaded.plugins[0].error is None:
            assert loaded.mac("x").tag_size == 32
        Wavering.looks += 1
