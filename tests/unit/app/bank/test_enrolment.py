"""An account is opened with its card, both or neither."""

import json
import os
import stat
from pathlib import Path

import pytest

from app.credentials.card import Card, create_card, read_card
from app.credentials.public_key import BankIdentity
from app.ledger import AccountExistsError, Ledger
from app.protocol.messages import CardRequest
from app.protocol.secret import CardSecret
from app.system.errors import CardError, FileError, InputError, LedgerError
from tests.support.accounts import ensure_account_with_card, open_account_with_card

SECRET = "5ec2e7" * 10 + "5ec2"
BANK, OTHER = BankIdentity(bytes(range(32))), BankIdentity(bytes(32))


def test_a_card_opens_with_its_account(ledger: Ledger, card_path: Path) -> None:
    card = open_account_with_card(ledger, "demo", card_path)
    assert read_card(card_path) == card
    assert ledger.card_digest("demo") == card.secret.digest()
    assert ledger.balance("demo") == 0
    assert stat.S_IMODE(card_path.stat().st_mode) == 0o600
    assert card.request() == CardRequest(account="demo", secret=card.secret)


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
    card_path.touch(mode=0o600)
    card_path.write_bytes(content)
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


def test_a_card_says_which_bank_it_is_for(ledger: Ledger, card_path: Path) -> None:
    card = open_account_with_card(ledger, "demo", card_path, BANK)
    assert card.bank == BANK
    assert read_card(card_path) == card
    members = json.loads(card_path.read_text())
    assert members == {"version": 1, "account": "demo", "secret": card.secret.hex(), "bank": BANK.encode()}


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


def test_no_account_is_opened_where_its_card_would_not_be_safe(ledger: Ledger, tmp_path: Path) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    for path in (open_to_all / "demo.card", open_to_all / "deep" / "demo.card"):
        with pytest.raises(FileError, match="can be replaced by other users"):
            open_account_with_card(ledger, "demo", path)
    assert list(open_to_all.iterdir()) == []
    assert ledger.card_digest("demo") is None
