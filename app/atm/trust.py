"""How an ATM knows its bank: by a `bank.pub`, by a known-banks file, or by both, which must agree."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.atm.pending_record import Destination
from app.credentials.address import join
from app.credentials.bank_file import read_bank_file
from app.credentials.known_banks import KnownBanks, canonical_address
from app.credentials.public_key import BankKeys, fingerprint
from app.system.errors import InputError

if TYPE_CHECKING:
    from app.configuration.settings import Settings
    from framework import Suite


@dataclass(frozen=True)
class BankAddress:
    """Where the bank is, its suite, the public key that it must prove to have, and what else is known of it."""

    host: str
    port: int
    suite: "Suite"
    public_key: bytes
    known: BankKeys = field(default_factory=BankKeys)

    @property
    def text(self) -> str:
        """`host:port`."""
        return join(self.host, self.port)

    @property
    def destination(self) -> Destination:
        """What a record of a request to this bank says of it."""
        keys = {**self.known.keys, self.suite.name: self.public_key}
        return Destination(BankKeys(self.known.identity, keys), self.suite.name)


def known_bank(settings: "Settings", suite_name: str, public_key_size: int) -> BankKeys:
    """Give what the settings say of the bank; a key for the suite, of this size in bytes, is among it.

    Raises InputError where they say nothing, and FileError, ChangedKeyError and UnknownBankError.
    """
    if settings.bank_key is None and settings.known_banks is None:
        raise InputError("How is the bank known? Give its bank.pub with --bank-key FILE, or --known-banks FILE.")
    shown = BankKeys()
    if settings.bank_key is not None:
        file = read_bank_file(settings.bank_key)
        file.key_for(suite_name, public_key_size=public_key_size)
        shown = file.bank
    if settings.known_banks is None or settings.connect is None:
        return shown
    known = KnownBanks(settings.known_banks)
    if settings.bank_key is None:
        return known.require(settings.connect, suite_name)
    return known.check(settings.connect, suite_name, shown)


def trust_bank(settings: "Settings") -> tuple[str, str]:
    """Add what a `bank.pub` says to a known-banks file; gives the line about it and a remark, which may be empty.

    Raises InputError, FileError, ChangedKeyError and UnknownBankError.
    """
    if settings.connect is None or settings.known_banks is None or settings.bank_key is None:
        raise InputError("Give all of --connect HOST:PORT, --bank-key FILE and --known-banks FILE.")
    file = read_bank_file(settings.bank_key)
    public_key = file.key_for(settings.suite)
    KnownBanks(settings.known_banks).add(settings.connect, settings.suite, public_key, file.bank.identity)
    line = f"{canonical_address(settings.connect)} is known by {fingerprint(public_key)}"
    if file.bank.identity is None:
        return line, (
            f"The bank key file {settings.bank_key} does not say which bank it is of: an earlier suitecase wrote it. "
            "Cards that say so are not shown to this bank; get the bank.pub that the bank has now, and trust that."
        )
    return line, ""
