"""A bank's identity: made once with its directory, never anew, and shown by `bank.pub` with every key signed."""

import base64
import hashlib
import re
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.credentials.bank_file import MAX_PUBLIC_FILE, PUBLIC_FILE, read_bank_file
from app.credentials.identity import IDENTITY_FILE, IdentityKey, load_or_create_identity
from app.credentials.keystore import load_or_create
from app.credentials.public_key import BankIdentity, describe_key, fingerprint
from app.credentials.versions import NewerFileError
from app.system.errors import FileError
from framework import KeyPair

SUITE = "des3-bg-hmac"
OTHER = "aes-x-hmac"
PUBLIC = b"public key material"
PRIVATE = b"PRIVATE key material"


def load(directory: Path, suite: str = SUITE, public: bytes = PUBLIC) -> KeyPair:
    return load_or_create(
        directory,
        suite,
        lambda: KeyPair(public, PRIVATE),
        public_key_size=len(public),
        private_key_size=len(PRIVATE),
    )


def write_as_before(directory: Path, suite: str = SUITE, public: bytes = PUBLIC) -> None:
    """A key file and a line of `bank.pub`, as they were before there were versions and identities."""
    body = " ".join([suite, *(base64.b64encode(key).decode() for key in (public, PRIVATE))])
    key = directory / f"{suite}.key"
    key.touch(mode=0o600)
    key.write_text(f"{body} {hashlib.sha256(body.encode()).hexdigest()}\n")
    with (directory / PUBLIC_FILE).open("a") as file:
        file.write(f"{describe_key(suite, public)}\n")


def framed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def test_it_is_made_once_and_kept_private(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    first, again = load_or_create_identity(directory), load_or_create_identity(directory)
    assert first.identity == again.identity
    assert (first.made_now, again.made_now) == (True, False)
    assert first.instead_of is again.instead_of is None
    assert stat.S_IMODE((directory / IDENTITY_FILE).stat().st_mode) == 0o600
    assert (directory / IDENTITY_FILE).read_text().startswith("suitecase key 1 identity ")
    shown = read_bank_file(directory / PUBLIC_FILE).bank
    assert (shown.identity, shown.keys) == (first.identity, {})


def test_the_keys_of_all_suites_are_signed_by_it(tmp_path: Path) -> None:
    load(tmp_path)
    load(tmp_path, OTHER, b"another")
    identity = load_or_create_identity(tmp_path)
    assert not identity.made_now
    shown = read_bank_file(tmp_path / PUBLIC_FILE).bank
    assert shown.identity == identity.identity
    assert shown.keys == {SUITE: PUBLIC, OTHER: b"another"}
    public = Ed25519PublicKey.from_public_bytes(identity.identity.public_key)
    for line in (tmp_path / PUBLIC_FILE).read_text().splitlines()[3:]:
        suite, _, key, signature = line.split()
        signed = framed(b"suitecase bank key 1", suite.encode(), base64.b64decode(key))
        public.verify(base64.b64decode(signature), signed)  # raises where it is not


def test_a_directory_from_before_gets_one_and_all_its_keys_are_signed(tmp_path: Path) -> None:
    for suite, public in ((SUITE, PUBLIC), (OTHER, b"another")):
        write_as_before(tmp_path, suite, public)
    assert read_bank_file(tmp_path / PUBLIC_FILE).bank.identity is None
    assert load(tmp_path).private_key == PRIVATE
    shown = read_bank_file(tmp_path / PUBLIC_FILE).bank
    assert shown.identity == load_or_create_identity(tmp_path).identity
    assert shown.keys == {SUITE: PUBLIC, OTHER: b"another"}


def test_opening_an_account_in_a_directory_from_before_is_enough(tmp_path: Path) -> None:
    write_as_before(tmp_path)
    made = load_or_create_identity(tmp_path)
    assert made.made_now
    shown = read_bank_file(tmp_path / PUBLIC_FILE).bank
    assert (shown.identity, shown.keys) == (made.identity, {SUITE: PUBLIC})


@pytest.mark.parametrize("damage", ["", "x\n", "{whole}{whole}", "{cut}", "{flipped}", "{other}"])
def test_a_damaged_one_is_refused_and_never_made_anew(tmp_path: Path, damage: str) -> None:
    load(tmp_path)
    path = tmp_path / IDENTITY_FILE
    whole = path.read_text()
    secret = whole.split()[5]
    flipped = whole.replace(secret[:4], "AAAA" if secret[:4] != "AAAA" else "BBBB")
    other = (tmp_path / f"{SUITE}.key").read_text()
    damaged = damage.format(whole=whole, cut=whole[:-5], flipped=flipped, other=other)
    path.write_text(damaged)
    shown = (tmp_path / PUBLIC_FILE).read_bytes()
    for act in (lambda: load_or_create_identity(tmp_path, may_replace=True), lambda: load(tmp_path)):
        with pytest.raises(
            FileError, match=r"identity\.key is damaged or not a key for identity; restore it"
        ) as caught:
            act()
        assert secret[:8] not in f"{caught.value!r}"
        assert caught.value.__context__ is None
    assert path.read_text() == damaged
    assert (tmp_path / PUBLIC_FILE).read_bytes() == shown


def test_two_halves_that_do_not_belong_together(tmp_path: Path) -> None:
    one, two = IdentityKey.generate(), IdentityKey.generate()
    body = " ".join(
        ["suitecase key 1 identity", *(base64.b64encode(key).decode() for key in (one.public_key, two.private_key))]
    )
    path = tmp_path / IDENTITY_FILE
    path.touch(mode=0o600)
    path.write_text(f"{body} {hashlib.sha256(body.encode()).hexdigest()}\n")
    with pytest.raises(FileError, match=r"identity\.key holds no identity; restore it from a backup"):
        load_or_create_identity(tmp_path)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_one_that_others_can_reach(tmp_path: Path, mode: int) -> None:
    load_or_create_identity(tmp_path)
    (tmp_path / IDENTITY_FILE).chmod(mode)
    with pytest.raises(FileError, match=rf"mode 0{mode:o}\); run `chmod 600 .*identity\.key`"):
        load_or_create_identity(tmp_path)


def test_one_that_is_lost_is_replaced_by_the_bank_alone_which_is_told(tmp_path: Path) -> None:
    lost = load_or_create_identity(tmp_path).identity
    (tmp_path / IDENTITY_FILE).unlink()
    with pytest.raises(FileError, match=f"is missing, and .* {re.escape(lost.fingerprint)}; restore that"):
        load_or_create_identity(tmp_path)
    new = load_or_create_identity(tmp_path, may_replace=True)
    assert (new.made_now, new.instead_of) == (True, lost)
    assert read_bank_file(tmp_path / PUBLIC_FILE).bank.identity == new.identity != lost
    assert f"NEW IDENTITY, {new.identity.fingerprint}: identity.key was missing" in new.about_the_loss()
    assert f"bank.pub said {lost.fingerprint}. An ATM with the old bank.pub" in new.about_the_loss()
    assert not load_or_create_identity(tmp_path).is_new


def test_one_that_was_lost_can_be_put_back(tmp_path: Path) -> None:
    path = tmp_path / IDENTITY_FILE
    lost = load_or_create_identity(tmp_path).identity
    kept = path.rename(tmp_path / "kept")
    new = load_or_create_identity(tmp_path, may_replace=True).identity
    kept.rename(path)
    with pytest.raises(FileError, match=f"holds another identity, and .* {re.escape(new.fingerprint)}; restore that"):
        load_or_create_identity(tmp_path)
    back = load_or_create_identity(tmp_path, may_replace=True)
    assert (back.identity, back.made_now, back.instead_of, back.is_new) == (lost, False, new, True)
    assert f"is now {lost.fingerprint}; bank.pub said {new.fingerprint} before. If you have" in back.about_the_loss()


def test_a_key_that_another_identity_has_signed_is_shown_no_more(tmp_path: Path) -> None:
    load(tmp_path)
    load(tmp_path, OTHER, b"another")
    for name in (IDENTITY_FILE, f"{SUITE}.key"):
        (tmp_path / name).unlink()
    load_or_create_identity(tmp_path, may_replace=True)
    assert read_bank_file(tmp_path / PUBLIC_FILE).bank.keys == {OTHER: b"another"}


def test_a_key_whose_file_is_elsewhere_stays_signed(tmp_path: Path) -> None:
    load(tmp_path)
    (tmp_path / f"{SUITE}.key").rename(tmp_path / "in the safe")
    load(tmp_path, OTHER, b"another")
    assert read_bank_file(tmp_path / PUBLIC_FILE).bank.keys == {SUITE: PUBLIC, OTHER: b"another"}


def test_a_bank_file_is_read_only_as_it_was_signed(tmp_path: Path) -> None:
    load(tmp_path)
    load(tmp_path, OTHER, b"another")
    path = tmp_path / PUBLIC_FILE
    comment, version, identity, first, second = path.read_text().splitlines()
    stranger = load_or_create_identity(tmp_path / "other").identity
    named = f"identity {stranger.fingerprint} {stranger.encode()}"
    swapped = " ".join([*first.split()[:3], second.split()[3]])
    renamed = first.replace(OTHER, "aes-y-hmac")
    forged = f"{describe_key(OTHER, b'mine')} {first.split()[3]}"
    for lines, said in (
        ([version, named, first], "Line 2 .*|Line 3 .* not signed by the bank's identity"),
        ([version, identity, swapped], "Line 3 .* not signed by the bank's identity"),
        ([version, identity, renamed], "Line 3 .* not signed"),
        ([version, identity, forged], "Line 3 .* not signed"),
        ([version, identity, first, first], "Line 4 .* is a second key"),
        ([version, identity, " ".join(first.split()[:3])], "Line 3 .* should read `suite SHA256:fingerprint key sig"),
        ([version, identity, f"{first} more"], "Line 3 .* should read"),
        ([version, identity, first[:-2]], "Line 3 .* the signature is not base64"),
        ([version, first], "Line 2 .* should read `identity "),
        ([version, identity.replace("SHA256:", "SHA256:x")], "Line 2 .* fingerprint is not that of the identity"),
        ([version, f"identity {fingerprint(b'short')} c2hvcnQ="], "Line 2 .* the identity of a bank has 32 bytes"),
        ([version], "is cut short: it does not say which bank it is of"),
        ([identity, first], "Line 1 .* is malformed"),
    ):
        path.write_text("\n".join([*lines, ""]))
        with pytest.raises(FileError, match=said):
            read_bank_file(path)
    path.write_text("\n".join(["", comment, version, "# more", identity, second, ""]))
    assert read_bank_file(path).bank.keys == {SUITE: PUBLIC}
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_bank_file(path).bank.keys == {SUITE: PUBLIC}


def test_files_of_a_newer_program_are_told_from_damaged_ones(tmp_path: Path) -> None:
    load(tmp_path)
    for name in (PUBLIC_FILE, IDENTITY_FILE, f"{SUITE}.key"):
        path = tmp_path / name
        before = path.read_text()
        path.write_text(
            before.replace("suitecase bank 1", "suitecase bank 2").replace("suitecase key 1", "suitecase key 7")
        )
        said = rf"{name} was written by a newer suitecase \(version [27] of the file, .* up to 1\); update this program"
        with pytest.raises(NewerFileError, match=said):
            read_bank_file(path) if name == PUBLIC_FILE else load(tmp_path)
        path.write_text(before)
    newer = (tmp_path / PUBLIC_FILE).read_text().replace("suitecase bank 1", "suitecase bank 2")
    (tmp_path / PUBLIC_FILE).write_text(newer)
    with pytest.raises(NewerFileError):
        load(tmp_path)
    assert (tmp_path / PUBLIC_FILE).read_text() == newer


def test_a_bank_file_is_never_written_longer_than_it_is_read(tmp_path: Path) -> None:
    load(tmp_path)
    path = tmp_path / PUBLIC_FILE
    room = MAX_PUBLIC_FILE - len(path.read_bytes()) - len("#\n")
    path.write_text(f"#{'x' * room}\n" + path.read_text())
    full = path.read_bytes()
    with pytest.raises(FileError, match=f"would be longer than {MAX_PUBLIC_FILE} bytes; shorten its comments"):
        load(tmp_path, OTHER, b"another")
    assert path.read_bytes() == full
    assert read_bank_file(path).bank.keys == {SUITE: PUBLIC}


def test_a_key_too_long_for_its_file_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=f"The key for {SUITE} is too long for the key file"):
        load(tmp_path, public=bytes(64 * 1024))
    assert list(tmp_path.iterdir()) == []


def test_it_shows_nothing_of_its_private_half() -> None:
    pair = IdentityKey.generate()
    key = IdentityKey(pair)
    assert repr(key) == f"IdentityKey({key.identity.fingerprint})"
    assert pair.private_key.hex() not in f"{key.__dict__!r}"
    with pytest.raises(ValueError, match="has 32 bytes"):
        BankIdentity(bytes(31))
