"""Opening an account: its card and its line in the ledger, both or neither."""

import asyncio
import hmac
import os
from pathlib import Path

from app.bank.data_directory import ledger_and_identity
from app.credentials.card import NOUN, Card, check_account_name, check_card_place, create_card, read_card
from app.credentials.public_key import BankIdentity
from app.ledger import LEDGER_FILE, AccountExistsError, Enrolment
from app.ledger.direct import DirectLedger
from app.protocol.secret import CardSecret
from app.system.errors import CardError, FileError, LedgerError
from app.system.files import sync_directory
from app.system.private_directories import make_directory


def open_account(data_dir: Path, name: str, path: Path) -> bool:
    """Open an account at the bank of a data directory, whether it runs or not, and write its card at `path`.

    Gives whether the account begins a new ledger. Raises AccountExistsError, CardError, FileError, InputError and
    LedgerError.
    """
    check_account_name(name)  # before there is a ledger
    check_card_place(path)
    is_first = not (data_dir / LEDGER_FILE).exists()
    with ledger_and_identity(data_dir, may_replace=False) as (ledger, bank):
        asyncio.run(open_account_with_card(DirectLedger(ledger), name, path, bank.identity))
    return is_first


async def open_account_with_card(accounts: Enrolment, name: str, path: Path, bank: BankIdentity | None = None) -> Card:
    """Open an account at a bank and write its card: both or neither, and nothing is overwritten.

    The card comes first, whole and synced, then the account: whoever crashes in between leaves a card without an
    account, which the next call with this name and path completes. The other order could lose the only card of
    an account. Raises AccountExistsError, CardError, FileError, InputError and LedgerError.
    """
    check_account_name(name)
    if await accounts.card_digest(name) is not None:
        raise AccountExistsError(f"There is an account {name} already; choose another name.")
    check_card_place(path)
    make_directory(path.parent, "directory for the card file")
    card = Card(name, CardSecret.generate(), bank)
    made = True
    try:
        create_card(path, card)
    except FileExistsError:
        card, made = _card_left_behind(path, name, bank), False
    try:
        await accounts.open_account(name, card.secret.digest())
    except LedgerError as error:
        if await _is_open(accounts, card, error):
            return card
        if made:
            _take_back(path)
        raise
    return card


async def ensure_account_with_card(
    accounts: Enrolment, name: str, path: Path, bank: BankIdentity | None = None
) -> Card:
    """Give the card of an account at `path`, and open account and card first when there is no such account.

    Raises CardError when the card there is of another account or another bank, and what `read_card` and
    `open_account_with_card` raise.
    """
    digest = await accounts.card_digest(name)
    if digest is None:
        return await open_account_with_card(accounts, name, path, bank)
    card = read_card(path)
    if bank is not None and card.bank not in (None, bank):
        raise CardError(
            f"The {NOUN} {path} is for another bank ({card.bank.fingerprint}) than this one, which is "
            f"{bank.fingerprint}; restore the bank's identity.key from a backup, or choose another data directory."
        )
    if card.account != name or not hmac.compare_digest(card.secret.digest(), digest):
        raise CardError(f"The {NOUN} {path} is not that of account {name} at this bank; restore the right one.")
    return card


def _take_back(path: Path) -> None:
    path.unlink()
    sync_directory(path.parent)


def _card_left_behind(path: Path, name: str, bank: BankIdentity | None) -> Card:
    """Read the card that an attempt cut short has left at `path`; any other file there is refused, and stays."""
    in_the_way = CardError(f"There is {path} already, and it stays; choose another path for the card.")
    try:
        card = read_card(path)
    except FileError:
        raise in_the_way from None
    if card.account != name or card.bank not in (None, bank) or path.stat().st_uid != os.geteuid():
        raise in_the_way
    return card


async def _is_open(accounts: Enrolment, card: Card, error: LedgerError) -> bool:
    """After a failure: whether the account is open with this very card, by a process that was quicker or by us.

    When not even that can be told, the card stays where it is: a second attempt goes on from there.
    """
    try:
        return await accounts.card_digest(card.account) == card.secret.digest()
    except LedgerError:
        raise error from None
