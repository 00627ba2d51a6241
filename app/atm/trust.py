"""How an ATM knows its bank: by a `bank.pub`, by a known-banks file, or by both, which must agree."""

from pathlib import Path

from app.credentials.address import canonical_address
from app.credentials.bank_file import read_bank_file
from app.credentials.known_banks import KnownBanks
from app.credentials.public_key import BankKeys, fingerprint
from app.system.errors import InputError


def known_bank(
    address: str, suite_name: str, *, bank_key: Path | None, known_banks: Path | None, public_key_size: int
) -> BankKeys:
    """Give what is known of the bank at `host:port`; a key for the suite, of this size in bytes, is among it.

    `bank_key` is a `bank.pub`, and `known_banks` a known-banks file.
    Raises InputError where there is neither, and FileError, ChangedKeyError and UnknownBankError.
    """
    if bank_key is None and known_banks is None:
        raise InputError("How is the bank known? Give its bank.pub with --bank-key FILE, or --known-banks FILE.")
    shown = BankKeys()
    if bank_key is not None:
        file = read_bank_file(bank_key)
        file.key_for(suite_name, public_key_size=public_key_size)
        shown = file.bank
    if known_banks is None:
        return shown
    known = KnownBanks(known_banks)
    if bank_key is None:
        return known.require(address, suite_name)
    return known.check(address, suite_name, shown)


def trust_bank(address: str, suite_name: str, *, bank_key: Path, known_banks: Path) -> tuple[str, str]:
    """Add what a `bank.pub` says to a known-banks file; gives the line about it and a remark, which may be empty.

    Raises InputError for the address, and FileError, ChangedKeyError and UnknownBankError.
    """
    file = read_bank_file(bank_key)
    public_key = file.key_for(suite_name)
    KnownBanks(known_banks).add(address, suite_name, public_key, file.bank.identity)
    line = f"{canonical_address(address)} is known by {fingerprint(public_key)}"
    if file.bank.identity is None:
        return line, (
            f"The bank key file {bank_key} does not say which bank it is of: an earlier suitecase wrote it. "
            "Cards that say so are not shown to this bank; get the bank.pub that the bank has now, and trust that."
        )
    return line, ""
