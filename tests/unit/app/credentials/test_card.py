"""Cards: read with every check, shown to their own bank alone."""

import errno
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from app.credentials.card import Card, bind_card, read_card, refuse_other_bank
from app.credentials.public_key import BankIdentity, BankKeys, describe_key
from app.credentials.versions import NewerFileError
from app.protocol.secret import CardSecret
from app.system.errors import CardError, FileError

SECRET = "5ec2e7" * 10 + "5ec2"  # planted, and searched for


def write(path: Path, content: bytes) -> Path:
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path


def test_the_secret_is_in_the_file_and_in_no_repr(card: Card, card_path: Path) -> None:
    assert card.secret.hex() in card_path.read_text()
    assert card.secret.hex() not in f"{card!r}"
    assert repr(card) == "Card(account='demo', secret=CardSecret(32 bytes))"


BANK, OTHER = BankIdentity(bytes(range(32))), BankIdentity(bytes(32))


def as_before(path: Path, secret: str = SECRET) -> Path:
    """A card from before banks had identities and files versions."""
    return write(path, f'{{"account": "demo", "secret": "{secret}"}}\n'.encode())


def test_a_card_is_shown_to_its_own_bank_alone(card_path: Path) -> None:
    card = Card("demo", CardSecret.from_hex(SECRET), BANK)
    refuse_other_bank(card_path, card, BankKeys(BANK), "bank:1")
    for bank in (BANK, OTHER, None):
        refuse_other_bank(card_path, Card("demo", card.secret), BankKeys(bank), "bank:1")
    said = (
        rf"for the bank {re.escape(BANK.fingerprint)}, but line 3 of banks is of the bank "
        rf"{re.escape(OTHER.fingerprint)}; nothing was sent to bank:1\."
    )
    with pytest.raises(CardError, match=said) as caught:
        refuse_other_bank(card_path, card, BankKeys(OTHER, said_by="line 3 of banks"), "bank:1")
    assert caught.value.exit_code == 2
    with pytest.raises(CardError, match=r"nothing says that this is the bank at bank:1: .* Get the bank\.pub that the"):
        refuse_other_bank(card_path, card, BankKeys(), "bank:1")


@pytest.mark.parametrize("linked", [False, True])
def test_a_card_from_before_is_given_its_bank_once(tmp_path: Path, *, linked: bool) -> None:
    path = as_before(tmp_path / "card")
    named = path
    if linked:
        named = tmp_path / "link"
        named.symlink_to(path)
    card = read_card(named)
    assert card.bank is None
    bound = bind_card(named, card, BANK)
    assert (bound.bank, bound.secret) == (BANK, card.secret)
    assert read_card(named) == bound
    assert named.is_symlink() == linked
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    assert bind_card(named, bound, OTHER) == bound
    bind_card(named, card, OTHER)  # by a process that had read it before
    assert path.read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == (["card", "link"] if linked else ["card"])


def test_a_card_that_its_owner_made_read_only_stays_as_it_is_and_serves(tmp_path: Path) -> None:
    path = as_before(tmp_path / "card")
    before = path.read_bytes()
    path.chmod(0o400)
    assert bind_card(path, read_card(path), BANK).bank == BANK
    assert path.read_bytes() == before


def test_a_card_that_cannot_be_written_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = as_before(tmp_path / "card")
    before = path.read_bytes()
    real = os.open

    def read_only(name: str, flags: int, *arguments: int) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return real(name, flags, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", read_only)
        assert bind_card(path, read_card(path), BANK).bank == BANK
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["card"]


def test_a_card_of_a_newer_program_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    path = write(tmp_path / "card", b'{"version": 2, "name": "demo"}')
    with pytest.raises(NewerFileError, match=r"was written by a newer suitecase .* update this program"):
        read_card(path)


@pytest.mark.usefixtures("card")
def test_a_card_where_everybody_can_rename_its_neighbours(card_path: Path, tmp_path: Path) -> None:
    """Beside it lies what it has sent: whoever takes that away has the next retry move the money twice."""
    inner, own = tmp_path / "inner", tmp_path / "own"
    for directory in (inner, own):
        directory.mkdir(mode=0o700)
    elsewhere = card_path.rename(inner / "demo.card")
    link = own / "link.card"
    link.symlink_to(elsewhere)
    read_card(link)
    for opened, named in ((inner, elsewhere), (inner, link), (tmp_path, elsewhere), (own, link)):
        mode = stat.S_IMODE(opened.stat().st_mode)
        opened.chmod(0o777)
        said = f"The card file {named} can be replaced by other users; run `chmod o-w {opened}`, or keep it elsewhere"
        with pytest.raises(FileError, match=said):
            read_card(named)
        opened.chmod(0o1777)  # as /tmp is
        read_card(named)
        opened.chmod(mode)


def test_a_missing_card(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"There is no card file .*make one with `open-account`"):
        read_card(tmp_path / "none")


def test_a_card_that_belongs_to_another_user(card: Card, card_path: Path, give_away: Callable[[Path], int]) -> None:
    owner = give_away(card_path)
    with pytest.raises(FileError, match=rf"belongs to another user \(uid {owner}\); run this as that user") as caught:
        read_card(card_path)
    assert card.secret.hex() not in str(caught.value)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_card_that_others_can_reach(card: Card, card_path: Path, mode: int) -> None:
    card_path.chmod(mode)
    with pytest.raises(FileError, match=f"run `chmod 600 {card_path}`") as caught:
        read_card(card_path)
    assert card.secret.hex() not in str(caught.value)


@pytest.mark.parametrize("mode", [0o644, 0o600])
def test_what_is_no_card_is_said_to_be_none_before_its_permissions(tmp_path: Path, mode: int) -> None:
    other = write(tmp_path / "other", b"{}")
    bank = write(tmp_path / "bank.pub", describe_key("des3-bg-hmac", bytes(384)).encode())
    for path, said in ((other, "restore it"), (bank, "it holds a bank's public key, which is for --bank-key; a card")):
        path.chmod(mode)
        with pytest.raises(FileError, match=f"is not a card; {said}"):
            read_card(path)


def test_a_card_that_is_too_large_or_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="longer than 1024 bytes"):
        read_card(write(tmp_path / "large", b" " * 1025))
    with pytest.raises(FileError, match="is not a regular file"):
        read_card(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "null",
        "[" * 1000,
        "{}",
        f'{{"account":"demo","secret":"{SECRET}"',
        f'{{"account":"demo","secret":"{SECRET[:-1]}"}}',
        f'{{"account":"Demo","secret":"{SECRET}"}}',
        f'{{"account":5,"secret":"{SECRET}"}}',
        f'{{"account":"demo","secret":"{SECRET}","more":1}}',
        f'{{"version":1,"account":"demo","secret":"{SECRET}","more":1}}',
        f'{{"version":0,"account":"demo","secret":"{SECRET}","bank":"AAAA"}}',
        f'{{"version":-1,"account":"demo","secret":"{SECRET}"}}',
        f'{{"version":true,"account":"demo","secret":"{SECRET}"}}',
        f'{{"version":"1","account":"demo","secret":"{SECRET}"}}',
        f'{{"version":1,"account":"demo","secret":"{SECRET}","bank":"AAAA"}}',
        f'{{"version":1,"account":"demo","secret":"{SECRET}","bank":7}}',
        f'{{"account":"demo","key":"{SECRET}"}}',
        f'{{"secret":"{SECRET}"}}',
        f'{{"account":"demo","secret":"{SECRET}"}}\udcff',
    ],
)
def test_a_malformed_card_is_refused_and_not_repeated(tmp_path: Path, content: str) -> None:
    path = write(tmp_path / "card", content.encode("utf-8", "surrogateescape"))
    with pytest.raises(FileError, match="is not a card; restore it") as caught:
        read_card(path)
    assert SECRET[:12] not in f"{caught.value!r}"
    assert caught.value.__context__ is None
