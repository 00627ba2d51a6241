"""The banks that an ATM knows, a line each: `host:port suite SHA256:fingerprint key` (PROTOCOL §10)."""

import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.errors import ChangedKeyError, FileError, InputError, MissingFileError, UnknownBankError, excerpt
from app.files import (
    OTHERS_WRITE,
    PRIVATE_MODE,
    check_neighbours,
    locked_directory,
    make_directory,
    read_file,
    refusing,
    replace_file,
)
from app.public_key import describe_key, fingerprint, parse_key

MAX_FILE_SIZE: Final = 1024 * 1024

_NOUN = "known-banks file"
_ADDRESS = re.compile(
    r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?)):([1-9][0-9]{0,4})"
)
_MAX_PORT = 65535


def canonical_address(text: str) -> str:
    """Write `host:port` the one way that the file does: lower case, IPv6 compressed and in brackets.

    Raises InputError for anything that is not a host and a port from 1 to 65535.
    """
    match = _ADDRESS.fullmatch(text)
    try:
        if match is None or int(match[3]) > _MAX_PORT:
            raise ValueError
        host = _canonical_ipv6(match[1]) if match[1] else match[2].lower()
    except ValueError:
        raise InputError(
            f"{excerpt(text)} is not the address of a bank; write host:port, as 127.0.0.1:7000 or [::1]:7000."
        ) from None
    return f"{host}:{match[3]}"


def _canonical_ipv6(text: str) -> str:
    address = ipaddress.IPv6Address(text)
    # A mapped IPv4 address reaches the same bank, and Python 3.13 writes the mapped form unlike those before it.
    return f"[{address}]" if address.ipv4_mapped is None else str(address.ipv4_mapped)


@dataclass(frozen=True)
class KnownBank:
    """One line: where a bank is, the suite, and the public key it has for it."""

    address: str
    suite_name: str
    public_key: bytes

    @classmethod
    def parse(cls, line: str) -> "KnownBank":
        """Read a line. Accepts what `encode` writes and nothing else; raises ValueError with a phrase for a person."""
        address, *fields = line.split(" ")
        try:
            canonical = canonical_address(address)
        except InputError:
            raise ValueError("it does not begin with host:port") from None
        if address != canonical:
            raise ValueError(f"the address should be written {canonical}")
        return cls(address, *parse_key(fields))

    def encode(self) -> str:
        """Write the line, without its end."""
        return f"{self.address} {describe_key(self.suite_name, self.public_key)}"


class KnownBanks:
    """The file at `path`; a missing one knows no bank. Raises FileError when it is unsafe or malformed.

    The file is read again for each question, so that what another process added counts.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, address: str, suite_name: str) -> bytes | None:
        """Look up the public key of the bank at `host:port` for a suite; None when it is not known."""
        found = self._find(self._read(), canonical_address(address), suite_name)
        return None if found is None else found[1].public_key

    def require(self, address: str, suite_name: str) -> bytes:
        """Look up as `find` does, and raise UnknownBankError, which says what to do, when it is not known."""
        wanted = canonical_address(address)
        text = self._read()
        found = self._find(text, wanted, suite_name)
        if found is not None:
            return found[1].public_key
        self._refuse_other_suites(text, wanted, suite_name)
        raise UnknownBankError(
            f"The bank {wanted} is not in {self._path} for the suite {suite_name}; "
            "get its bank.pub from the bank, then add it with `trust`, or give it with --bank-key."
        )

    def add(self, address: str, suite_name: str, public_key: bytes) -> None:
        """Add a bank, on the disk when this returns; one that is known with this key already is left as it is.

        Raises ChangedKeyError when another key is on record: it is never replaced here.
        """
        bank = KnownBank(canonical_address(address), suite_name, public_key)
        path = self._real_path()  # replacing a symbolic link would leave the file behind it as it was
        make_directory(path.parent, "directory for the known-banks file")
        with refusing(path, _NOUN, "written"), locked_directory(path.parent):
            text = self._read()
            found = self._find(text, bank.address, suite_name)
            if found is None:
                ending = "" if not text or text.endswith("\n") else "\n"
                mode = path.stat().st_mode & 0o777 if path.exists() else PRIVATE_MODE
                replace_file(path, f"{text}{ending}{bank.encode()}\n".encode(), _NOUN, mode=mode)
            else:
                self._compare(found, bank)

    def check(self, address: str, suite_name: str, public_key: bytes) -> None:
        """Raise ChangedKeyError when another key is on record for the bank; one that is not known at all passes.

        Raises UnknownBankError when it is known for other suites alone: whoever could choose the suite, in a
        configuration or in the environment, would choose one for which nothing is on record.
        """
        bank = KnownBank(canonical_address(address), suite_name, public_key)
        text = self._read()
        found = self._find(text, bank.address, suite_name)
        if found is None:
            self._refuse_other_suites(text, bank.address, suite_name)
        else:
            self._compare(found, bank)

    def _refuse_other_suites(self, text: str, address: str, suite_name: str) -> None:
        suites = [bank.suite_name for bank in self._parse(text).values() if bank.address == address]
        if suites:
            raise UnknownBankError(
                f"The bank {address} is in {self._path} for {', '.join(suites)}, and not for the suite {suite_name}; "
                f"choose one of those with --suite, or add the bank.pub with `trust --suite {suite_name}` first."
            )

    def _compare(self, found: tuple[int, KnownBank], bank: KnownBank) -> None:
        number, old = found
        if old != bank:
            raise ChangedKeyError(
                f"THE KEY OF THE BANK {bank.address} HAS CHANGED for the suite {bank.suite_name}: it was "
                f"{fingerprint(old.public_key)} and is now {fingerprint(bank.public_key)}. Someone may stand between; "
                f"ask the bank, and only if it confirms the new key remove line {number} of {self._path}."
            )

    def _find(self, text: str, address: str, suite_name: str) -> tuple[int, KnownBank] | None:
        for number, bank in self._parse(text).items():
            if (bank.address, bank.suite_name) == (address, suite_name):
                return number, bank
        return None

    def _read(self) -> str:
        for path in (self._path, self._real_path()):
            check_neighbours(path, _NOUN)
        remedy = "what it says is trusted, so give one of your own"
        try:
            data = read_file(self._path, _NOUN, limit=MAX_FILE_SIZE, forbidden=OTHERS_WRITE, if_foreign=remedy)
            return data.decode("utf-8")
        except MissingFileError:
            return ""
        except UnicodeDecodeError:
            raise FileError(f"The {_NOUN} {self._path} is not a text file; check the path.") from None

    def _real_path(self) -> Path:
        return Path(os.path.realpath(self._path))  # Path.resolve raises RuntimeError for a link to itself

    def _parse(self, text: str) -> dict[int, KnownBank]:
        """Read all lines but comments and empty ones, by number. Raises FileError, which names the line."""
        banks: dict[int, KnownBank] = {}
        lines: dict[tuple[str, str], int] = {}
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            try:
                bank = KnownBank.parse(line)
            except ValueError as error:
                raise FileError(
                    f"Line {number} of the {_NOUN} {self._path} is malformed: {error}; mend or remove it."
                ) from None
            first = lines.setdefault((bank.address, bank.suite_name), number)
            if first != number:
                raise FileError(f"Line {number} of the {_NOUN} {self._path} repeats line {first}; remove one of them.")
            banks[number] = bank
        return banks
