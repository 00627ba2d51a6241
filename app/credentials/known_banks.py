"""The banks that an ATM knows, and the rule that what is on record for one never changes by itself (PROTOCOL §10)."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from app.credentials.address import canonical_address
from app.credentials.known_bank import NOUN, KnownBank, parse_lines, with_line
from app.credentials.mistaken import secret_file
from app.credentials.public_key import BankIdentity, BankKeys, fingerprint
from app.system.errors import ChangedKeyError, FileError, MissingFileError, UnknownBankError
from app.system.files import OTHERS_WRITE, PRIVATE_MODE, read_file, refusing, replace_file
from app.system.neighbours import check_neighbours
from app.system.private_directories import locked_directory, make_directory

MAX_FILE_SIZE: Final = 1024 * 1024
"""The longest known-banks file in bytes, for the writer and for the reader."""


class KnownBanks:
    """The file at `path`; a missing one knows no bank. Raises FileError when it is unsafe or malformed.

    The file is read again for each question, so that what another process added counts.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, address: str, suite_name: str) -> BankKeys | None:
        """Look up the bank at `host:port` if it is known for the suite: its keys, and the identity with this one."""
        lines = self._lines_of(canonical_address(address))
        for number, bank in lines.items():
            if bank.suite_name == suite_name:
                keys = {each.suite_name: each.public_key for each in lines.values()}
                return BankKeys(bank.identity, keys, f"line {number} of {self._path}")
        return None

    def require(self, address: str, suite_name: str) -> BankKeys:
        """Look up as `find` does, and raise UnknownBankError, which says what to do, when it is not known."""
        found = self.find(address, suite_name)
        if found is not None:
            return found
        wanted = canonical_address(address)
        self._refuse_other_suites(self._lines_of(wanted), wanted, suite_name)
        near = self._at_the_same_port(wanted)
        raise UnknownBankError(
            f"The bank {wanted} is not in {self._path} for the suite {suite_name}; "
            + (f"if it is the same as {near}, which is there, give --connect that. If not, " if near else "")
            + "get its bank.pub from the bank, then add it with `trust`, or give it with --bank-key."
        )

    def check(self, address: str, suite_name: str, bank: BankKeys) -> BankKeys:
        """Hold what is known of a bank from elsewhere against what is on record; gives both together.

        A bank that is not known here at all passes. Raises ChangedKeyError when another key or identity is on record,
        and UnknownBankError when it is known for other suites alone: whoever could choose the suite would choose one
        for which nothing is on record.
        """
        shown = KnownBank(canonical_address(address), suite_name, bank.keys[suite_name], bank.identity)
        lines = self._lines_of(shown.address)
        self._compare(lines, shown)
        found = self.find(address, suite_name)
        if found is None:
            self._refuse_other_suites(lines, shown.address, suite_name)
            return bank
        named = bank if bank.identity is not None else found
        return BankKeys(named.identity, {**found.keys, **bank.keys}, named.said_by)

    def add(self, address: str, suite_name: str, public_key: bytes, identity: BankIdentity | None = None) -> None:
        """Add a bank, on the disk when this returns; one that is known with this key already is left as it is.

        Where its line says nothing of the identity, that is added to it.
        Raises ChangedKeyError when another key or identity is on record: none is ever replaced here. Raises
        UnknownBankError when an identity is on record, and nothing says whose the new key is.
        """
        bank = KnownBank(canonical_address(address), suite_name, public_key, identity)
        path = Path(os.path.realpath(self._path))  # replacing a link would leave the file behind it as it was
        check_neighbours(path, NOUN)  # before a directory is made there
        make_directory(path.parent, "directory for the known-banks file")
        with refusing(path, NOUN, "written"), locked_directory(path.parent):
            text = self._read()
            lines = _at(bank.address, parse_lines(text, self._path))
            self._compare(lines, bank)
            number = next((number for number, old in lines.items() if old.suite_name == suite_name), 0)
            if not number:
                self._refuse_without_identity(lines, bank)
            if not number or (identity is not None and lines[number].identity is None):
                self._write(path, with_line(text, bank.encode(), instead_of=number))

    def _refuse_other_suites(self, lines: Mapping[int, KnownBank], address: str, suite_name: str) -> None:
        suites = [bank.suite_name for bank in lines.values()]
        if suites:
            raise UnknownBankError(
                f"The bank {address} is in {self._path} for {', '.join(suites)}, and not for the suite {suite_name}; "
                f"choose one of those with --suite, or add the bank.pub with `trust --suite {suite_name}` first."
            )

    def _refuse_without_identity(self, lines: Mapping[int, KnownBank], bank: KnownBank) -> None:
        on_record = next((old.identity for old in lines.values() if old.identity is not None), None)
        if on_record is not None and bank.identity is None:
            raise UnknownBankError(
                f"The bank {bank.address} is on record in {self._path} with the identity {on_record.fingerprint}, and "
                f"the file with its key for {bank.suite_name} does not say which bank it is of; get the bank.pub that "
                "the bank has now."
            )

    def _compare(self, lines: Mapping[int, KnownBank], bank: KnownBank) -> None:
        """Raise ChangedKeyError where a line about this address says otherwise."""
        for number, old in lines.items():
            if old.suite_name == bank.suite_name and old.public_key != bank.public_key:
                was, now = fingerprint(old.public_key), fingerprint(bank.public_key)
                raise self._changed(
                    bank, "KEY", f"for the suite {bank.suite_name}: it was {was} and is now {now}", number
                )
            if old.identity is not None and bank.identity is not None and old.identity != bank.identity:
                was, now = old.identity.fingerprint, bank.identity.fingerprint
                raise self._changed(bank, "IDENTITY", f"from {was} to {now}", number)

    def _changed(self, bank: KnownBank, what: str, how: str, number: int) -> ChangedKeyError:
        return ChangedKeyError(
            f"THE {what} OF THE BANK {bank.address} HAS CHANGED {how}. Someone may stand between; ask the bank, and "
            f"only if it confirms the new {what.lower()} remove line {number} of {self._path}."
        )

    def _at_the_same_port(self, address: str) -> str:
        """List what is on record with the port of this address: the host may be written in another way there."""
        port = address.rpartition(":")[2]
        addresses = {bank.address for bank in parse_lines(self._read(), self._path).values()}
        return " or ".join(sorted(each for each in addresses if each.rpartition(":")[2] == port))

    def _lines_of(self, address: str) -> dict[int, KnownBank]:
        return _at(address, parse_lines(self._read(), self._path))

    def _read(self) -> str:
        check_neighbours(self._path, NOUN)
        remedy = "what it says is trusted, so give one of your own"
        try:
            data = read_file(self._path, NOUN, limit=MAX_FILE_SIZE, forbidden=OTHERS_WRITE, if_foreign=remedy)
            text = data.decode("utf-8-sig")
        except MissingFileError:
            return ""
        except UnicodeDecodeError:
            raise FileError(f"The {NOUN} {self._path} is not a text file; check the path.") from None
        secret = secret_file(data)
        if secret:
            raise FileError(f"The {NOUN} {self._path} is {secret}; give another path, and keep this one secret.")
        return text

    def _write(self, path: Path, text: str) -> None:
        data = text.encode("utf-8")
        if len(data) > MAX_FILE_SIZE:
            raise FileError(
                f"The {NOUN} {self._path} would be longer than the {MAX_FILE_SIZE} bytes that are read of one; remove "
                "the lines that you need no more, or give another file."
            )
        mode = path.stat().st_mode & 0o777 if path.exists() else PRIVATE_MODE
        replace_file(path, data, NOUN, mode=mode)


def _at(address: str, banks: Mapping[int, KnownBank]) -> dict[int, KnownBank]:
    return {number: bank for number, bank in banks.items() if bank.address == address}
