"""Cards: read with every check, and opened with their account, both or neither."""

import errno
import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from app.credentials.card import (
    Card,
    bind_card,
    create_card,
    ensure_account_with_card,
    open_account_with_card,
    read_card,
    refuse_other_bank,
)
from app.credentials.public_key import BankIdentity, BankKeys, describe_key
from app.credentials.versions import NewerFileError
from app.ledger import AccountExistsError, Ledger
from app.protocol.messages import CardRequest
from app.protocol.secret import CardSecret
from app.system.errors import CardError, FileError, InputError, LedgerError

SECRET = "5ec2e7" * 10 + "5ec2"  # planted, and searched for


def write(path: Path, content: bytes) -> Path:
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path


def test_a_card_opens_with_its_account(ledger: Ledger, card_path: Path) -> None:
    card = open_account_with_card(ledger, "demo", card_path)
    assert read_card(card_path) == card
    assert ledger.card_digest("demo") == card.secret.digest()
    assert ledger.balance("demo") == 0
    assert stat.S_IMODE(card_path.stat().st_mode) == 0o600
    assert card.request() == CardRequest(account="demo", secret=card.secret)


def test_the_secret_is_in_the_file_and_in_no_repr(card: Card, card_path: Path) -> None:
    assert card.secret.hex() in card_path.read_text()
    assert card.secret.hex() not in f"{card!r}"
    assert repr(card) == "Card(account='demo', secret=CardSecret(32 bytes))"


def test_the_bank_keeps_the_digest_and_never_the_secret(ledger: Ledger, ledger_path: Path, card: Card) -> None:
    stored = b"".join(path.read_bytes() for path in ledger_path.parent.iterdir())
    assert card.secret.digest() in stored
    assert bytes.fromhex(card.secret.hex()) not in stored
    assert card.secret.hex().encode() not in stored
    ledger.verify()


@pytest.mark.parametrize(
    "name", ["", "-demo", "Demo", "a" * 33, "a b", "a\n", "é", "../demo", "\x1b[2J", "a" * 1_000_000]
)
def test_a_name_that_no_account_has(ledger: Ledger, card_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be an account's name") as caught:
        open_account_with_card(ledger, name, card_path)
    assert len(str(caught.value)) < 200
    assert str(caught.value).isprintable()
    assert not card_path.exists()


def test_an_open_account_is_not_opened_again(ledger: Ledger, card: Card, card_path: Path, tmp_path: Path) -> None:
    with pytest.raises(AccountExistsError):
        open_account_with_card(ledger, "demo", tmp_path / "second.card")
    assert not (tmp_path / "second.card").exists()
    with pytest.raises(AccountExistsError):
        open_account_with_card(ledger, "demo", card_path)
    assert read_card(card_path) == card


@pytest.mark.parametrize("content", [b"", b"precious", b'{"account":"other","secret":"%s"}' % SECRET.encode()])
def test_a_file_in_the_way_stays(ledger: Ledger, card_path: Path, content: bytes) -> None:
    write(card_path, content)
    with pytest.raises(CardError, match=r"There is .*demo\.card already, and it stays"):
        open_account_with_card(ledger, "demo", card_path)
    assert card_path.read_bytes() == content
    assert ledger.card_digest("demo") is None


def test_a_card_left_without_account_by_a_crash_is_completed(ledger: Ledger, card_path: Path) -> None:
    left = Card("demo", CardSecret.from_hex(SECRET))
    create_card(card_path, left)
    assert open_account_with_card(ledger, "demo", card_path) == left
    assert ledger.card_digest("demo") == left.secret.digest()


def test_a_card_of_another_user_is_not_completed(
    ledger: Ledger, card_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_card(card_path, Card("demo", CardSecret.from_hex(SECRET)))
    monkeypatch.setattr(os, "geteuid", lambda: card_path.stat().st_uid + 1)
    with pytest.raises(CardError, match="already, and it stays"):
        open_account_with_card(ledger, "demo", card_path)
    assert ledger.card_digest("demo") is None


def test_the_card_is_safe_on_the_disk_before_the_account_is_open(
    ledger: Ledger, card_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_name: str, digest: bytes) -> None:
        assert read_card(card_path).secret.digest() == digest
        raise KeyboardInterrupt  # as good as a kill: nothing is tidied up

    monkeypatch.setattr(ledger, "open_account", crash)
    with pytest.raises(KeyboardInterrupt):
        open_account_with_card(ledger, "demo", card_path)
    monkeypatch.undo()
    assert open_account_with_card(ledger, "demo", card_path) == read_card(card_path)


def test_when_the_ledger_refuses_no_card_is_left(
    ledger: Ledger, card_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_name: str, _digest: bytes) -> None:
        raise LedgerError("The ledger has no room to grow.")

    monkeypatch.setattr(ledger, "open_account", full)
    with pytest.raises(LedgerError, match="no room"):
        open_account_with_card(ledger, "demo", card_path)
    assert not card_path.exists()


def test_a_card_that_was_there_before_stays_when_the_ledger_refuses(
    ledger: Ledger, card_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = Card("demo", CardSecret.from_hex(SECRET))
    create_card(card_path, left)

    def full(_name: str, _digest: bytes) -> None:
        raise LedgerError("The ledger has no room to grow.")

    monkeypatch.setattr(ledger, "open_account", full)
    with pytest.raises(LedgerError, match="no room"):
        open_account_with_card(ledger, "demo", card_path)
    assert read_card(card_path) == left


def test_when_another_was_quicker_with_the_name_no_card_is_left(
    ledger: Ledger, card_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ledger.open_account

    def beaten(name: str, digest: bytes) -> None:
        real(name, bytes(32))
        real(name, digest)

    monkeypatch.setattr(ledger, "open_account", beaten)
    with pytest.raises(AccountExistsError):
        open_account_with_card(ledger, "demo", card_path)
    assert not card_path.exists()


def test_when_the_account_was_opened_after_all_the_card_stays(
    ledger: Ledger, card_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ledger.open_account

    def opened_and_failed(name: str, digest: bytes) -> None:
        real(name, digest)
        raise LedgerError("The ledger cannot be read or written; check the disk.")

    monkeypatch.setattr(ledger, "open_account", opened_and_failed)
    assert open_account_with_card(ledger, "demo", card_path) == read_card(card_path)


def test_when_it_cannot_be_told_whether_the_account_is_open_the_card_stays(
    ledger: Ledger, card_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_name: str, _digest: bytes) -> None:
        ledger.close()
        raise LedgerError("The first failure.")

    monkeypatch.setattr(ledger, "open_account", broken)
    with pytest.raises(LedgerError, match=r"The first failure\."):
        open_account_with_card(ledger, "demo", card_path)
    assert read_card(card_path).account == "demo"


def test_ensuring_opens_once_and_then_gives_the_same_card(ledger: Ledger, card_path: Path) -> None:
    card = ensure_account_with_card(ledger, "demo", card_path)
    assert ensure_account_with_card(ledger, "demo", card_path) == card
    assert ledger.verify().accounts == 1


def test_ensuring_refuses_the_card_of_another_account_or_bank(ledger: Ledger, card: Card, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="There is no card file"):
        ensure_account_with_card(ledger, card.account, tmp_path / "lost.card")
    ledger.open_account("other", card.secret.digest())
    for number, wrong in enumerate([Card("demo", CardSecret.generate()), Card("other", card.secret)]):
        path = tmp_path / f"wrong-{number}.card"
        create_card(path, wrong)
        with pytest.raises(CardError, match="is not that of account demo at this bank"):
            ensure_account_with_card(ledger, "demo", path)


BANK, OTHER = BankIdentity(bytes(range(32))), BankIdentity(bytes(32))


def as_before(path: Path, secret: str = SECRET) -> Path:
    """A card from before banks had identities and files versions."""
    return write(path, f'{{"account": "demo", "secret": "{secret}"}}\n'.encode())


def test_a_card_says_which_bank_it_is_for(ledger: Ledger, card_path: Path) -> None:
    card = open_account_with_card(ledger, "demo", card_path, BANK)
    assert card.bank == BANK
    assert read_card(card_path) == card
    members = json.loads(card_path.read_text())
    assert members == {"version": 1, "account": "demo", "secret": card.secret.hex(), "bank": BANK.encode()}


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


@pytest.mark.parametrize("bank", [None, BANK])
def test_a_card_left_without_account_is_completed_at_its_own_bank_alone(
    ledger: Ledger, card_path: Path, bank: BankIdentity | None
) -> None:
    left = Card("demo", CardSecret.from_hex(SECRET), bank)
    create_card(card_path, left)
    before = card_path.read_bytes()
    if bank is not None:
        with pytest.raises(CardError, match="already, and it stays"):
            open_account_with_card(ledger, "demo", card_path, OTHER)
        assert ledger.card_digest("demo") is None
    assert open_account_with_card(ledger, "demo", card_path, BANK) == left
    assert card_path.read_bytes() == before


def test_ensuring_refuses_a_card_for_another_bank(ledger: Ledger, card_path: Path) -> None:
    card = ensure_account_with_card(ledger, "demo", card_path, BANK)
    assert card.bank == BANK
    with pytest.raises(CardError, match=r"is for another bank \(SHA256:.*restore the bank's identity.key"):
        ensure_account_with_card(ledger, "demo", card_path, OTHER)


def test_a_card_of_a_newer_program_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    path = write(tmp_path / "card", b'{"version": 2, "name": "demo"}')
    with pytest.raises(NewerFileError, match=r"was written by a newer suitecase .* update this program"):
        read_card(path)


def test_a_card_where_everybody_can_rename_its_neighbours(ledger: Ledger, card_path: Path, tmp_path: Path) -> None:
    """Beside it lies what it has sent: whoever takes that away has the next retry move the money twice."""
    open_account_with_card(ledger, "demo", card_path)
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


def test_no_account_is_opened_where_its_card_would_not_be_safe(ledger: Ledger, tmp_path: Path) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    for path in (open_to_all / "demo.card", open_to_all / "deep" / "demo.card"):
        with pytest.raises(FileError, match="can be replaced by other users"):
            open_account_with_card(ledger, "demo", path)
    assert list(open_to_all.iterdir()) == []
    assert ledger.card_digest("demo") is None


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
