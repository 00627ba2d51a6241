"""What can go wrong with the ledger, and what SQLite reports; each is a sentence for a person."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from app.system.errors import LedgerError

E = TypeVar("E", bound=Exception)

_PRIMARY_CODE = 0xFF  # an extended result code carries its primary one in the low byte
_ADVICE: Final = {
    sqlite3.SQLITE_BUSY: "is in use by another process; try again",
    sqlite3.SQLITE_LOCKED: "is in use by another process; try again",
    sqlite3.SQLITE_FULL: "has no room to grow; make space on the disk and try again",
    sqlite3.SQLITE_READONLY: "cannot be written; check the permissions of the file and its directory",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check the permissions of the file and its directory",
    sqlite3.SQLITE_NOTADB: "is not a ledger of suitecase; choose another data directory",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore it from a backup with `bank restore`",
    sqlite3.SQLITE_IOERR: "cannot be read or written; check the disk",
}


class AccountExistsError(LedgerError):
    """An account of this name is open already."""


class UnknownAccountError(LedgerError):
    """There is no account of this name."""

    def __init__(self, account: str) -> None:
        super().__init__(f"There is no account {account}; open it with `open-account`.")


class LedgerCorruptError(LedgerError):
    """The ledger contradicts itself, or its file and its log do not belong together."""


class LedgerLostError(LedgerError):
    """The files that are open are no longer the ledger of the data directory, so nothing more is confirmed."""


class TransactionError(LedgerError):
    """A transaction failed, and no order in it is at fault: to try each of them alone would be of no use."""


class NotBegunError(TransactionError):
    """A transaction could not begin."""


class UndecidedError(TransactionError):
    """Who decides about the orders could not be asked."""


class CommitFailedError(TransactionError):
    """A transaction was complete and could not be made durable."""


def likewise(error: E) -> E:
    """Give the same error once more: one object that many raise would gather the tracebacks of them all."""
    again = type(error).__new__(type(error), *error.args)
    again.__dict__.update(error.__dict__)
    again.__cause__ = error
    return again


@contextmanager
def reporting(path: Path) -> Iterator[None]:
    """Turn what SQLite reports of the file at `path` into a LedgerError."""
    try:
        yield
    except sqlite3.Error as error:
        raise LedgerError(sentence(path, error)) from error


def primary_code(error: sqlite3.Error) -> int:
    """Give the code of an error without what extends it."""
    return int(getattr(error, "sqlite_errorcode", 0)) & _PRIMARY_CODE


def sentence(path: Path, error: sqlite3.Error) -> str:
    """Say what SQLite reports of the file at `path`, and what to do."""
    otherwise = f"failed ({error}); try again, and if it persists run SQLite's integrity_check on a copy"
    return f"The ledger {path} {_ADVICE.get(primary_code(error), otherwise)}."
