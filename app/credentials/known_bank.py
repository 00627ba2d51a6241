"""A known-banks file: a line a bank and suite, `host:port`, the key, and the bank's identity (PROTOCOL §10)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.credentials.address import canonical_address
from app.credentials.public_key import BankIdentity, describe_identity, describe_key, parse_identity, parse_key
from app.credentials.versions import heading, stated_version
from app.system.errors import FileError, InputError

NOUN: Final = "known-banks file"
_KIND: Final = "known-banks"
_KEY_FIELDS: Final = 3
_IDENTITY_FIELDS: Final = 2


@dataclass(frozen=True)
class KnownBank:
    """One line: where a bank is, the suite, the public key it has for it, and its identity if that is known."""

    address: str
    suite_name: str
    public_key: bytes
    identity: BankIdentity | None = None

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
        if len(fields) != _KEY_FIELDS + _IDENTITY_FIELDS:
            return cls(address, *parse_key(fields))
        return cls(address, *parse_key(fields[:_KEY_FIELDS]), parse_identity(fields[_KEY_FIELDS:]))

    def encode(self) -> str:
        """Write the line, without its end."""
        line = f"{self.address} {describe_key(self.suite_name, self.public_key)}"
        return line if self.identity is None else f"{line} {describe_identity(self.identity)}"


def parse_lines(text: str, path: Path) -> dict[int, KnownBank]:
    """Read every line but comments, empty ones and the version, by its number from 1. Raises FileError, which names it.

    A suite occurs once at an address, and an address has one identity.
    """
    banks: dict[int, KnownBank] = {}
    suites: dict[tuple[str, str], int] = {}
    identities: dict[str, tuple[int, BankIdentity]] = {}
    for number, line in _after_the_version(text, path):
        try:
            bank = KnownBank.parse(line)
        except ValueError as error:
            raise FileError(f"Line {number} of the {NOUN} {path} is malformed: {error}; mend or remove it.") from None
        first = suites.setdefault((bank.address, bank.suite_name), number)
        if first != number:
            raise FileError(f"Line {number} of the {NOUN} {path} repeats line {first}; remove one of them.")
        if bank.identity is not None:
            first, identity = identities.setdefault(bank.address, (number, bank.identity))
            if identity != bank.identity:
                raise FileError(
                    f"Line {number} of the {NOUN} {path} gives {bank.address} another identity than line {first}; "
                    "ask the bank which is right, and remove the other."
                )
        banks[number] = bank
    return banks


def with_line(text: str, line: str, *, instead_of: int = 0) -> str:
    """Add a line to the text of a file, or put it in the place of another; the version is stated from then on."""
    lines = text.split("\n")
    if instead_of:
        lines[instead_of - 1] = line
    else:
        lines[-1:] = [*filter(None, lines[-1:]), line, ""]
    content = (each for _, each in _content("\n".join(lines)))
    stated = next(content, "").startswith(heading(_KIND))
    return "\n".join(lines if stated else [heading(_KIND), *lines])


def _after_the_version(text: str, path: Path) -> Iterator[tuple[int, str]]:
    first = True
    for number, line in _content(text):
        if not (first and stated_version(line, _KIND, path, NOUN)):
            yield number, line
        first = False


def _content(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.startswith("#"):
            yield number, line.removesuffix("\r")
