"""The card: an account's name, its secret and its bank, in a file that its owner alone can read (PROTOCOL §13.5)."""

import json
import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from app.credentials.mistaken import secret_file
from app.credentials.public_key import BankIdentity, BankKeys
from app.credentials.versions import VERSION, known_version
from app.protocol.messages import ACCOUNT_NAME, CardRequest
from app.protocol.secret import CardSecret
from app.system.errors import CardError, FileError, InputError, excerpt
from app.system.files import OTHERS_ANY, create_file, read_file, replace_file
from app.system.neighbours import check_neighbours

MAX_CARD_SIZE: Final = 1024
"""More bytes than any card file has. What is longer is some other file."""

NOUN: Final = "card file"
_PUBLIC_KEY: Final = b" SHA256:"
"""In every line that `app.credentials.public_key` writes, and in no card."""


@dataclass(frozen=True)
class Card:
    """What a customer holds: the account's name, the 32-byte secret that opens it, and the bank to which it is shown.

    A card from before banks had identities names none, until it is first used.
    """

    account: str
    secret: CardSecret
    bank: BankIdentity | None = field(default=None, repr=False)

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
    A card is not private either where anybody can rename what lies beside it: there lies what it has sent.
    """
    _read_card(path, forbidden=0)
    card = _read_card(path, forbidden=OTHERS_ANY)
    check_card_place(path)
    return card


def check_card_place(path: Path) -> None:
    """Raise FileError where anyone at all could remove a card at `path`, or what is remembered beside it."""
    check_neighbours(path, NOUN)


def _read_card(path: Path, forbidden: int) -> Card:
    data = read_file(
        path,
        NOUN,
        limit=MAX_CARD_SIZE,
        forbidden=forbidden,
        if_missing="check the path, or make one with `open-account`",
    )
    card = _parse_card(data, path)
    if card is None:  # raised here, not while parsing: a parser's exception keeps what it read
        remedy = "restore it, or open another account"
        if secret_file(data) == "a private key":
            remedy = "it is a private key, to be kept secret; a card is what `open-account` writes"
        elif _PUBLIC_KEY in data:
            remedy = "it holds a bank's public key, which is for --bank-key; a card is what `open-account` writes"
        raise FileError(f"The {NOUN} {path} is not a card; {remedy}.")
    return card


def _parse_card(data: bytes, path: Path) -> Card | None:
    with suppress(ValueError, RecursionError, InputError):
        members = json.loads(data.decode("utf-8-sig"))
        if not isinstance(members, dict):
            return None
        version = members.pop("version", 0)
        if type(version) is not int or known_version(version, path, NOUN) not in (0, VERSION):
            return None
        bank = members.pop("bank", None) if version else None
        match members:
            case {"account": str(account), "secret": str(secret), **rest} if not rest and isinstance(bank, str | None):
                check_account_name(account)
                identity = None if bank is None else BankIdentity.decode(bank)
                return Card(account, CardSecret.from_hex(secret), identity)
    return None


def create_card(path: Path, card: Card) -> None:
    """Write a new card file, 0600, on the disk when this returns. Raises FileExistsError, and FileError."""
    create_file(path, _encode(card), NOUN)


def _encode(card: Card) -> bytes:
    members = {"version": VERSION, "account": card.account, "secret": card.secret.hex()}
    if card.bank is not None:
        members["bank"] = card.bank.encode()
    return json.dumps(members).encode("ascii") + b"\n"


def bind_card(path: Path, card: Card, bank: BankIdentity) -> Card:
    """Write the bank that has accepted a card into a card that names no bank, and into its file.

    A card that names a bank is left as it is. So is a file that its owner has made read-only, or that cannot be
    written: that card is as good as before.
    """
    if card.bank is not None:
        return card
    bound = replace(card, bank=bank)
    real = Path(os.path.realpath(path))  # to replace a link would leave the card behind it as it was
    with suppress(FileError, OSError):
        mode = stat.S_IMODE(real.stat().st_mode)
        if mode & stat.S_IWUSR and read_card(real) == card:
            replace_file(real, _encode(bound), NOUN, mode=mode)
    return bound


def refuse_other_bank(path: Path, card: Card, bank: BankKeys, address: str) -> None:
    """Raise CardError unless the card may be shown to this bank: its own bank, or any bank if the card names none.

    `bank` has no identity where the file that it is known from says none, as those of earlier versions do. A card that
    names its bank is not shown then: else whoever hands out such a file would be shown every card.
    """
    if card.bank is None or card.bank == bank.identity:
        return
    if bank.identity is None:
        raise CardError(
            f"The {NOUN} {path} is for the bank {card.bank.fingerprint}, and nothing says that this is the bank at "
            f"{address}: its key is known from a file of an earlier suitecase. Get the bank.pub that the bank has now; "
            "give it with --bank-key, or add it with `trust`."
        )
    raise CardError(
        f"The {NOUN} {path} is for the bank {card.bank.fingerprint}, but {bank.said_by} is of the bank "
        f"{bank.identity.fingerprint}; nothing was sent to {address}. Give the address and the bank.pub of this "
        "card's bank, or the card that the other bank gave you."
    )
