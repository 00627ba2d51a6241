"""Suites: names, descriptors by hand, limits, strength and status (PROTOCOL §3)."""

import struct
from typing import Any

import pytest

from framework import ConfigurationError, PrimitiveInfo, Status, Suite
from framework.limits import Limits
from framework.registry import Registry
from framework.suite import all_suites
from plugins.hmac_sha256.mac import HmacSha256
from tests.support.channels import aead_suite, etm_suite
from tests.support.peers import AesCtr, AesGcm, X25519Kem


def lp(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text


def test_the_descriptor_of_a_bulk_cipher_and_a_mac(registry: Registry) -> None:
    suite = Suite.parse("aes256ctr-x25519-hmac", registry)
    assert suite.descriptor() == bytes.fromhex(
        "0000000b" + b"suitecase/1".hex() + "00000004" + b"pqNK".hex() + "00000006" + b"x25519".hex()
        + "00000009" + b"aes256ctr".hex() + "00000004" + b"hmac".hex() + "0000000b" + b"hkdf-sha256".hex()
        + "00010000" + "0000001000000000" + "00007530" + "0100"
    )  # fmt: skip


def test_the_descriptor_of_an_aead_has_an_empty_mac_and_counts_records(registry: Registry) -> None:
    limits = Limits(max_inner=1024, epoch_limit=5, skew_ms=7, pad_quantum=64)
    suite = Suite.parse("aes256gcm-x25519", registry, limits)
    names = b"".join(map(lp, (b"suitecase/1", b"pqNK", b"x25519", b"aes256gcm", b"", b"hkdf-sha256")))
    assert suite.descriptor() == names + struct.pack(">IQIH", 1024, 5, 7, 64)


def test_the_bank_s_own_descriptor(registry: Registry) -> None:
    names = b"".join(map(lp, (b"suitecase/1", b"pqNK", b"bg", b"des3", b"hmac", b"hkdf-sha256")))
    descriptor = Suite.parse("des3-bg-hmac", registry).descriptor()
    assert descriptor == names + struct.pack(">IQIH", 65_536, 8_388_608, 30_000, 256)


def test_every_parameter_and_every_name_changes_the_descriptor() -> None:
    class Other(AesCtr):
        info = PrimitiveInfo("other", "", 256, Status.RECOMMENDED, "")

    descriptors = [
        etm_suite().descriptor(),
        etm_suite(cipher=Other()).descriptor(),
        aead_suite().descriptor(),
        etm_suite(limits=Limits(max_inner=512)).descriptor(),
        etm_suite(limits=Limits(epoch_limit=2**20)).descriptor(),
        etm_suite(limits=Limits(skew_ms=1)).descriptor(),
        etm_suite(limits=Limits(pad_quantum=32)).descriptor(),
    ]
    assert len(set(descriptors)) == len(descriptors)


def test_lowering_the_limit_to_what_it_is_changes_nothing() -> None:
    assert etm_suite(limits=Limits(epoch_limit=2**36)).descriptor() == etm_suite().descriptor()


@pytest.mark.parametrize("name", ["aes256ctr-x25519-hmac", "aes256gcm-x25519", "des3-bg-hmac", "des3-bg2048-hmac"])
def test_a_suite_is_found_by_its_name_and_bears_it(name: str, registry: Registry) -> None:
    suite = Suite.parse(name, registry)
    assert suite.name == name
    tokens = name.split("-")
    assert [info.name for info in suite.primitives] == tokens
    assert suite.key_exchange is registry.key_exchange(tokens[1])


MALFORMED = [
    "",
    "-",
    "--",
    "des3",
    "des3-",
    "-bg",
    "des3-bg-",
    "des3-bg-hmac-",
    "des3-bg-hmac-x",
    "Des3-bg-hmac",
    "des3-bg-hmac\n",
    " des3-bg-hmac",
    "des3_bg_hmac",
    "3des-bg-hmac",
    "des3--hmac",
    "dés3-bg-hmac",
    "des\u0663-bg-hmac",
    "a" * 10_000,
]


@pytest.mark.parametrize("name", MALFORMED, ids=lambda name: ascii(name[:20]))
def test_what_is_no_suite_name_is_refused_and_not_repeated_at_length(name: str, registry: Registry) -> None:
    with pytest.raises(ConfigurationError, match=r"is no suite name: it is <cipher>-<kex>-<mac> or <aead>-<kex>") as no:
        Suite.parse(name, registry)
    assert len(str(no.value)) < 200


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none-x25519-hmac", "there is no bulk cipher named 'none'; known: aes256ctr, des3"),
        ("none-x25519", "there is no AEAD named 'none'; known: aes256gcm"),
        ("aes256gcm-none", "there is no key exchange named 'none'; known: bg, bg2048, x25519"),
        ("aes256ctr-x25519-none", "there is no MAC named 'none'; known: hmac"),
        # A bulk cipher without a MAC is no suite, and an AEAD takes none.
        ("des3-bg", "des3-bg names no MAC, which the bulk cipher 'des3' needs: des3-bg-<mac>; known: hmac"),
        (
            "aes256gcm-x25519-hmac",
            "there is no bulk cipher named 'aes256gcm'; known: aes256ctr, des3; 'aes256gcm' is of another kind, AEAD",
        ),
    ],
)
def test_an_unknown_primitive_is_refused_with_the_known_ones(name: str, message: str, registry: Registry) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Suite.parse(name, registry)
    assert str(caught.value).startswith(message)


def claims(kind: type, bits: int, status: Status) -> Any:
    info = kind.info  # type: ignore[attr-defined]
    changed = PrimitiveInfo(info.name, info.title, bits, status, info.reference)
    return type("Changed", (kind,), {"info": changed})()


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [
        (("RECOMMENDED", "RECOMMENDED", "RECOMMENDED"), "RECOMMENDED"),
        (("RECOMMENDED", "EXPERIMENTAL", "RECOMMENDED"), "EXPERIMENTAL"),
        (("LEGACY", "EXPERIMENTAL", "RECOMMENDED"), "LEGACY"),
        (("LEGACY", "EXPERIMENTAL", "BROKEN"), "BROKEN"),
    ],
)
def test_a_suite_is_as_good_as_its_worst_primitive(statuses: tuple[str, str, str], worst: str) -> None:
    first, second, third = map(Status, statuses)
    suite = etm_suite(
        cipher=claims(AesCtr, 200, first), kex=claims(X25519Kem, 128, second), mac=claims(HmacSha256, 112, third)
    )
    assert suite.status is Status(worst)
    assert suite.security_bits == 112


def test_an_aead_suite_has_two_primitives() -> None:
    suite = aead_suite(aead=claims(AesGcm, 90, Status.LEGACY))
    assert (suite.security_bits, suite.status, suite.tag_size) == (90, Status.LEGACY, 16)
    assert [info.name for info in suite.primitives] == ["aes256gcm", "x25519"]


def test_what_a_record_costs() -> None:
    assert etm_suite().record_cost(512) == 512
    assert aead_suite().record_cost(512) == 1
    assert etm_suite().tag_size == 32


@pytest.mark.parametrize(
    ("make", "least"),
    [(etm_suite, 512 + 32), (aead_suite, 2)],
    ids=["bytes", "records"],
)
def test_an_epoch_holds_a_largest_record_and_a_key_update(make: Any, least: int) -> None:
    assert make(limits=Limits(max_inner=512, pad_quantum=32, epoch_limit=least)).epoch_limit == least
    with pytest.raises(ConfigurationError, match="holds no largest record and key update"):
        make(limits=Limits(max_inner=512, pad_quantum=32, epoch_limit=least - 1))


@pytest.mark.parametrize(("make", "own"), [(etm_suite, 2**36), (aead_suite, 2**24)], ids=["bytes", "records"])
def test_the_limit_of_a_primitive_is_lowered_and_never_raised(make: Any, own: int) -> None:
    assert make().epoch_limit == own
    assert make(limits=Limits(epoch_limit=own)).epoch_limit == own
    with pytest.raises(ConfigurationError, match="passes what aes256"):
        make(limits=Limits(epoch_limit=own + 1))


def test_a_primitive_with_a_small_limit_of_its_own_makes_only_suites_with_small_records() -> None:
    class Short(AesCtr):
        max_bytes_per_key = 1024

    with pytest.raises(ConfigurationError, match="epoch_limit 1024 holds no largest record"):
        etm_suite(cipher=Short())
    assert etm_suite(cipher=Short(), limits=Limits(max_inner=768)).epoch_limit == 1024


def test_a_suite_is_frozen() -> None:
    with pytest.raises(AttributeError):
        etm_suite().limits = Limits()  # type: ignore[misc]


def test_all_suites_are_all_combinations_sorted(registry: Registry) -> None:
    names = [suite.name for suite in all_suites(registry)]
    assert names == sorted(names)
    expected = {f"{c}-{k}-hmac" for c in ("aes256ctr", "des3") for k in ("bg", "bg2048", "x25519")}
    assert set(names) == expected | {f"aes256gcm-{k}" for k in ("bg", "bg2048", "x25519")}
