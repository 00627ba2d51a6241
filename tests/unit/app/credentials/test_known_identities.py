"""Known banks by their identity: one an address, whatever the suite, and none that changes by itself."""

from pathlib import Path

import pytest

from app.credentials.known_bank import KnownBank
from app.credentials.known_banks import KnownBanks
from app.credentials.public_key import BankIdentity, BankKeys, describe_identity, describe_key, fingerprint
from app.system.errors import ChangedKeyError, FileError, UnknownBankError

SUITE = "des3-bg-hmac"
KEY = b"the key of the bank"
FIRST = "suitecase known-banks 1"
IDENTITY, STRANGER = BankIdentity(bytes(range(32))), BankIdentity(bytes(32))


def test_a_bank_is_known_by_its_identity_too(known: KnownBanks, path: Path) -> None:
    known.add("bank:7000", SUITE, KEY, IDENTITY)
    known.add("bank:7000", "a-b", b"another", IDENTITY)
    both = BankKeys(IDENTITY, {SUITE: KEY, "a-b": b"another"})
    assert known.require("bank:7000", SUITE) == known.require("bank:7000", "a-b") == both
    line = f"bank:7000 {describe_key(SUITE, KEY)} {describe_identity(IDENTITY)}"
    assert path.read_text().splitlines()[:2] == [FIRST, line]
    assert KnownBank.parse(line).encode() == line


def test_a_line_from_before_is_given_the_identity_where_the_key_is_the_same(known: KnownBanks, path: Path) -> None:
    path.write_text(f"# mine\nother:1 {describe_key(SUITE, KEY)}\nbank:7000 {describe_key(SUITE, KEY)}\n# end\n")
    with pytest.raises(ChangedKeyError, match="THE KEY OF THE BANK bank:7000 HAS CHANGED"):
        known.add("bank:7000", SUITE, b"another", IDENTITY)
    known.add("bank:7000", SUITE, KEY, IDENTITY)
    assert path.read_text().splitlines() == [
        FIRST,
        "# mine",
        f"other:1 {describe_key(SUITE, KEY)}",
        f"bank:7000 {describe_key(SUITE, KEY)} {describe_identity(IDENTITY)}",
        "# end",
    ]
    assert known.require("bank:7000", SUITE).identity == IDENTITY
    assert known.require("other:1", SUITE).identity is None
    known.add("bank:7000", SUITE, KEY)  # from a bank.pub of before: it is known already, and stays what it is
    assert known.require("bank:7000", SUITE).identity == IDENTITY


def test_a_changed_identity_is_a_hard_stop_for_every_suite(known: KnownBanks, path: Path) -> None:
    known.add("bank:7000", SUITE, KEY, IDENTITY)
    before = path.read_bytes()
    for suite, key in ((SUITE, KEY), ("a-b", b"another")):
        for ask in (
            lambda suite=suite, key=key: known.add("BANK:7000", suite, key, STRANGER),
            lambda suite=suite, key=key: known.check("BANK:7000", suite, BankKeys(STRANGER, {suite: key})),
        ):
            with pytest.raises(ChangedKeyError) as caught:
                ask()
            for part in ("THE IDENTITY OF THE BANK bank:7000", IDENTITY.fingerprint, STRANGER.fingerprint, "line 2 of"):
                assert part in str(caught.value)
    assert path.read_bytes() == before


def test_a_key_of_nobody_in_particular_is_not_added_to_a_bank_with_an_identity(known: KnownBanks, path: Path) -> None:
    known.add("bank:7000", SUITE, KEY, IDENTITY)
    before = path.read_bytes()
    with pytest.raises(UnknownBankError, match=r"does not say which bank it is of; get the bank\.pub that the"):
        known.add("bank:7000", "a-b", b"another")
    assert path.read_bytes() == before


def test_what_is_held_against_the_record_is_given_with_it(known: KnownBanks) -> None:
    known.add("bank:7000", SUITE, KEY)
    known.add("bank:7000", "a-b", b"another", IDENTITY)
    named, unnamed = BankKeys(IDENTITY, {SUITE: KEY}), BankKeys(None, {"a-b": b"another"})
    both = BankKeys(IDENTITY, {SUITE: KEY, "a-b": b"another"})
    assert known.check("bank:7000", SUITE, named) == both
    assert known.check("bank:7000", "a-b", unnamed) == both
    assert known.check("bank:7000", SUITE, BankKeys(None, {SUITE: KEY})).identity is None


def test_two_identities_at_one_address_are_refused(known: KnownBanks, path: Path) -> None:
    lines = [
        f"bank:1 {describe_key(suite, KEY)} {describe_identity(identity)}"
        for suite, identity in ((SUITE, IDENTITY), ("a-b", STRANGER))
    ]
    path.write_text("\n".join([FIRST, *lines, ""]))
    with pytest.raises(FileError, match=r"Line 3 .* gives bank:1 another identity than line 2; ask the bank"):
        known.find("bank:1", SUITE)


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        (f" {fingerprint(b'x')} {IDENTITY.encode()}", "fingerprint is not that of the identity"),
        (f" {IDENTITY.fingerprint} c2hvcnQ=", "the identity of a bank has 32 bytes"),
        (f" {IDENTITY.encode()}", "it should read"),
        (f" {describe_identity(IDENTITY)} more", "it should read"),
    ],
)
def test_a_malformed_identity_is_named(known: KnownBanks, path: Path, tail: str, reason: str) -> None:
    path.write_text(f"{FIRST}\nbank:1 {describe_key(SUITE, KEY)}{tail}\n")
    with pytest.raises(FileError, match=f"Line 2 of the known-banks file .* is malformed: .*{reason}"):
        known.find("bank:1", SUITE)
