"""The card: an account's name and its secret, in a file that its owner alone can read."""

import hmac
import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.errors import CardError, FileError, InputError, LedgerError, excerpt
from app.files import OTHERS_ANY, create_file, make_directory, read_file, sync_directory
from app.ledger import AccountExistsError, Ledger
from app.messages import ACCOUNT_NAME, CardRequest
from app.secret import CardSecret

MAX_CARD_SIZE: Final = 1024
"""More bytes than any card file has; what is longer is some other file."""

_NOUN = "card file"
_PUBLIC_KEY: Final = b" SHA256:"
"""In every line that `app.public_key` writes, and in no card."""


@dataclass(frozen=True)
class Card:
    """What a customer holds: the account's name and the 32-byte secret that opens it."""

    account: str
    secret: CardSecret

    def request(self) -> CardRequest:
        """The message that presents this card."""
        return CardRequest(account=self.account, secret=self.secret)


def check_account_name(name: str) -> None:
    """Raise InputError unless `name` may be an account's: a-z, 0-9 and `-`, at most 32, no `-` in front."""
    if re.fullmatch(ACCOUNT_NAME, name) is None:
        raise InputError(
            f"{excerpt(name)} cannot be an account's name; "
            "use lower-case letters, digits and hyphens, 32 at most, the first not a hyphen."
        )


def read_card(path: Path) -> Card:
    """Read a card file. Raises FileError when it is missing, too large, not a card or not private, in this order.

    What is no card need not be private: whoever gave a `bank.pub` would not be helped by being told to hide it.
    """
    _read_card(path, forbidden=0)
    return _read_card(path, forbidden=OTHERS_ANY)


def _read_card(path: Path, forbidden: int) -> Card:
    data = read_file(
        path,
        _NOUN,
        limit=MAX_CARD_SIZE,
        forbidden=forbidden,
        if_missing="check the path, or make one with `open-account`",
    )
    card = _parse_card(data)
    if card is None:  # raised here, not while parsing: a parser's exception keeps what it read
        remedy = "restore it, or open another account"
        if _PUBLIC_KEY in data:
            remedy = "it holds a bank's public key, which is for --bank-key; a card is what `open-account` writes"
        raise FileError(f"The {_NOUN} {path} is not a card; {remedy}.")
    return card


def _parse_card(data: bytes) -> Card | None:
    with suppress(ValueError, RecursionError, InputError):
        match json.loads(data.decode("utf-8")):
            case {"account": str(account), "secret": str(secret), **rest} if not rest:
                check_account_name(account)
                return Card(account, CardSecret.from_hex(secret))
    return None


def create_card(path: Path, card: Card) -> None:
    """Write a new card file, 0600, on the disk when this returns. Raises FileExistsError, and FileError."""
    text = json.dumps({"account": card.account, "secret": card.secret.hex()})
    create_file(path, text.encode("ascii") + b"\n", _NOUN)


def open_account_with_card(ledger: Ledger, name: str, path: Path) -> Card:
    """Open an account and write its card: both or neither, and nothing is overwritten.

    The card comes first, whole and synced, then the account: whoever crashes in between leaves a card without an
    account, which the next call with this name and path completes. The other order could lose the only card of
    an account. Raises AccountExistsError, CardError, FileError, InputError and LedgerError.
    """
    check_account_name(name)
    if ledger.card_digest(name) is not None:
        raise AccountExistsError(f"There is an account {name} already; choose another name.")
    make_directory(path.parent, "directory for the card file")
    card = Card(name, CardSecret.generate())
    made = True
    try:
        create_card(path, card)
    except FileExistsError:
        card, made = _card_left_behind(path, name), False
    try:
        ledger.open_account(name, card.secret.digest())
    except LedgerError as error:
        if _is_open(ledger, card, error):
            return card
        if made:
            path.unlink()
            sync_directory(path.parent)
        raise
    return card


def ensure_account_with_card(ledger: Ledger, name: str, path: Path) -> Card:
    """Give the card of an account at `path`, and open account and card first when there is no such account.

    Raises CardError when the card there is of another account or another bank, and what `read_card` and
    `open_account_with_card` raise.
    """
    digest = ledger.card_digest(name)
    if digest is None:
        return open_account_with_card(ledger, name, path)
    card = read_card(path)
    if card.account != name or not hmac.compare_digest(card.secret.digest(), digest):
        raise CardError(f"The {_NOUN} {path} is not that of account {name} at this bank; restore the right one.")
    return card


def _card_left_behind(path: Path, name: str) -> Card:
    """Read the card that an attempt cut short has left at `path`; any other file there is refused, and stays."""
    in_the_way = CardError(f"There is a file {path} already, and it stays; choose another path for the card.")
    try:
        card = read_card(path)
    except FileError:
        raise in_the_way from None
    if card.account != name or path.stat().st_uid != os.geteuid():
        raise in_the_way
    return card


def _is_open(ledger: Ledger, card: Card, error: LedgerError) -> bool:
    """After a failure: whether the account is open with this very card, by a process that was quicker or by us.

    When not even that can be told, the card stays where it is: a second attempt goes on from there.
    """
    try:
        return ledger.card_digest(card.account) == card.secret.digest()
    except LedgerError:
        raise error from None
