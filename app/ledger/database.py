"""The SQLite file under the ledger: opened with every check, changed in transactions alone."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.errors import LedgerError
from app.files import OTHERS_ANY, PRIVATE_MODE, check_status, make_private_directory, refusing, sync_directory
from app.ledger.schema import APPLICATION_ID, TABLES, VERSION

BUSY_TIMEOUT: Final = 5.0
"""Seconds to wait for another process that is writing."""

_OLDEST_SQLITE = (3, 37, 0)  # the first with STRICT tables
_WAL_RETRY_PAUSE = 0.01

_PRIMARY_CODE = 0xFF  # an extended result code carries its primary one in the low byte
_ADVICE: Final = {
    sqlite3.SQLITE_BUSY: "is in use by another process; try again",
    sqlite3.SQLITE_LOCKED: "is in use by another process; try again",
    sqlite3.SQLITE_FULL: "has no room to grow; make space on the disk and try again",
    sqlite3.SQLITE_READONLY: "cannot be written; check the permissions of the file and its directory",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check the permissions of the file and its directory",
    sqlite3.SQLITE_NOTADB: "is not a ledger of suitecase; choose another data directory",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore it from a backup",
    sqlite3.SQLITE_IOERR: "cannot be read or written; check the disk",
}


class AccountExistsError(LedgerError):
    """An account of this name is open already."""


class UnknownAccountError(LedgerError):
    """There is no account of this name."""


class LedgerCorruptError(LedgerError):
    """The audit found that the ledger contradicts itself."""


class Database:
    """A connection to the file, for the thread that made it; opened anew when its state is in doubt.

    Every commit is on the disk before it returns: WAL with `synchronous=FULL`. Raises LedgerError for whatever
    SQLite reports.
    """

    def __init__(self, path: Path, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        self._path = path
        self._busy_timeout = busy_timeout
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            raise LedgerError(f"The ledger needs SQLite 3.37 or newer; this Python has {sqlite3.sqlite_version}.")
        _prepare_file(path)
        self._connect()

    def close(self) -> None:
        """Close the connection; what was not committed is gone."""
        self._in_doubt = False  # nor is it opened again
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run the block as one write: all of it is on the disk after the block, or none of it ever was."""
        yield from self._transaction("BEGIN IMMEDIATE")

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Run the block over one unmoving state of the file, beside whoever writes."""
        yield from self._transaction("BEGIN")

    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        if self._in_doubt:
            self._connect()
        with self._reporting():
            self._connection.execute(begin)
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        if not self._connection.in_transaction:  # SQLite did so itself, as it does when the disk is full
            return
        try:
            self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._connection.close()  # which rolls back for certain; the next transaction opens it anew
            self._in_doubt = True

    def _connect(self) -> None:
        with self._reporting():
            # isolation_level=None: no transaction but those begun here, alike in Python 3.11 to 3.13.
            # mode=rw: a ledger that is gone is not replaced by an empty one.
            self._connection = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=rw", uri=True, timeout=self._busy_timeout, isolation_level=None
            )
        self._in_doubt = False
        try:
            with self._reporting():
                self._set_up()
        except BaseException:
            self._connection.close()
            self._in_doubt = True
            raise

    def _set_up(self) -> None:
        execute = self._connection.execute
        execute("PRAGMA foreign_keys = ON")
        with self.snapshot():
            ours = self._is_ours()
        if not ours:
            self._use_wal()  # not before the file is known to be ours or empty
            with self.transaction():
                if not self._is_ours():  # another process may have been quicker
                    for statement in TABLES.split(";"):
                        execute(statement)
                    execute(f"PRAGMA application_id = {APPLICATION_ID}")
                    execute(f"PRAGMA user_version = {VERSION}")
        self._use_wal()
        execute("PRAGMA synchronous = FULL")

    def _is_ours(self) -> bool:
        """Whether the file is a ledger; False for an empty one. Raises LedgerError for any other.

        Called in a transaction, lest another process set the file up between two of these questions.
        """
        application = self._pragma("application_id")
        version = self._pragma("user_version")
        (objects,) = self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if application == version == objects == 0:
            return False
        if application != APPLICATION_ID:
            raise LedgerError(f"The file {self._path} is not a ledger of suitecase; choose another data directory.")
        if version != VERSION:
            raise LedgerError(
                f"The ledger {self._path} is of version {version} and this suitecase knows version {VERSION}; "
                "use the suitecase that made it, or a newer one."
            )
        return True

    def _use_wal(self) -> None:
        """Turn to write-ahead logging. SQLite does not wait by itself for another process that does the same."""
        deadline = time.monotonic() + self._busy_timeout
        while self._pragma("journal_mode") != "wal":
            try:
                (mode,) = self._connection.execute("PRAGMA journal_mode = WAL").fetchone()
                if mode != "wal":  # no error: SQLite says so where there is no memory to share
                    raise LedgerError(
                        f"The ledger {self._path} cannot have a write-ahead log there; "
                        "choose a data directory on a local disk."
                    )
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_WAL_RETRY_PAUSE)

    def _pragma(self, name: str) -> object:
        (value,) = self._connection.execute(f"PRAGMA {name}").fetchone()
        return value

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
            otherwise = f"failed ({error}); try again, and if it persists run SQLite's integrity_check on a copy"
            advice = _ADVICE.get(code, otherwise)
            raise LedgerError(f"The ledger {self._path} {advice}.") from error


def _prepare_file(path: Path) -> None:
    """Make the file, private from its first moment, unless it is there; refuse one that others can reach."""
    make_private_directory(path.parent, "data directory")
    with refusing(path, "ledger", "opened"):
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_MODE))
            sync_directory(path.parent)
        except FileExistsError:
            # Looked at and not opened: closing any descriptor of it would drop the locks that SQLite holds on the file
            # for this whole process, and the next to close would delete the log under us.
            check_status(path.stat(), path, "ledger", OTHERS_ANY)
