"""The SQLite file under the ledger: opened with every check, changed in transactions alone."""

import logging
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from app.ledger.binding import Mark, set_generation, touch
from app.ledger.errors import (
    CommitFailedError,
    LedgerCorruptError,
    NotBegunError,
    primary_code,
    reporting,
    sentence,
)
from app.ledger.file import execute_all, known_version, log_path, prepare_file
from app.ledger.schema import FROM_VERSION_1, VERSION
from app.system.errors import LedgerError
from app.system.files import PRIVATE_MODE, refusing, write_new

BUSY_TIMEOUT: Final = 5.0
"""Seconds to wait for another process that is writing."""

LOG_TIMEOUT: Final = 0.02
"""Seconds to wait for those who read from the log, before it is emptied another time."""

KEPT_LOG_BYTES: Final = 32 * 2**20
"""A log that is larger, as it becomes while someone reads for long, is cut when it has been written into the file."""

_OLDEST_SQLITE = (3, 38, 0)  # the first that has the functions for JSON always; STRICT tables are a little older
_WAL_RETRY_PAUSE = 0.01

logger = logging.getLogger("suitecase.ledger")


class Database:
    """A connection to the file, for the thread that made it; opened anew when its state is in doubt.

    Every commit is on the disk before it returns: WAL with `synchronous=FULL`. Raises LedgerError for whatever
    SQLite reports.
    """

    def __init__(self, path: Path, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        self.path = path
        self.last_commit: Mark | None = None
        self._busy_timeout = busy_timeout
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            raise LedgerError(f"The ledger needs SQLite 3.38 or newer; this Python has {sqlite3.sqlite_version}.")
        with reporting(path):
            self.caution = prepare_file(path, busy_timeout)
        self._connect()

    def close(self) -> None:
        """Close the connection; what was not committed is gone."""
        self._in_doubt = False  # nor is it opened again
        self._connection.close()

    def leave(self) -> None:
        """Close the connection to a file that is no longer the ledger: its log is not written into whatever is there.

        Before Python 3.12 this cannot be asked for. SQLite itself leaves the log alone where the file has moved; a file
        that was written over gets it, and the two generations in it then tell (app/ledger/binding.py).
        """
        if sys.version_info >= (3, 12):
            with suppress(sqlite3.Error):
                self._connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)
        self.close()

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """Run the block as one write: all of it is on the disk after the block, or none of it ever was.

        Raises NotBegunError when the block was not entered, and CommitFailedError when it was done and could not be
        made durable.
        """
        return self._transaction("BEGIN IMMEDIATE", touch)

    def snapshot(self) -> AbstractContextManager[sqlite3.Connection]:
        """Run the block over one unmoving state of the file, beside whoever writes."""
        return self._transaction("BEGIN")

    def empty_log(self) -> bool:
        """Write the log into the file; what comes next begins it anew. False when another process still reads from it.

        The log keeps its size, for to write over it takes half the time of letting it grow; but not if it is large.
        """
        way = "TRUNCATE" if self._log_size() > KEPT_LOG_BYTES else "RESTART"
        with reporting(self.path):
            self._wait_at_most(LOG_TIMEOUT)
            try:
                (busy, _, _) = self._connection.execute(f"PRAGMA wal_checkpoint({way})").fetchone()
            except sqlite3.OperationalError as error:
                if primary_code(error) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    raise
                busy = 1
            finally:
                self._wait_at_most(self._busy_timeout)
        return not busy

    def _log_size(self) -> int:
        try:
            return log_path(self.path).stat().st_size
        except OSError:  # it is gone; whoever is to confirm something notices (app/ledger/custody.py)
            return 0

    def copy_to(self, target: Path) -> None:
        """Write one state of the file into a new one, 0600, which is in no use and bound by itself.

        Readers and writers go on; the log grows meanwhile.
        """
        with refusing(target, "copy of the ledger", "written"):
            write_new(target, b"", PRIVATE_MODE)
        with reporting(target), closing(sqlite3.connect(f"{target.absolute().as_uri()}?mode=rw", uri=True)) as copy:
            copy.execute("PRAGMA synchronous = FULL")
            self._connection.backup(copy)
            set_generation(copy, in_use=False)
            touch(copy)
            copy.commit()

    def _wait_at_most(self, seconds: float) -> None:
        self._connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    @contextmanager
    def _transaction(
        self, begin: str, finish: Callable[[sqlite3.Connection], Mark | None] = lambda _connection: None
    ) -> Iterator[sqlite3.Connection]:
        self._begin(begin)
        try:
            yield self._connection
            mark = finish(self._connection)
            self._commit()
        except BaseException as error:
            self._roll_back()
            if isinstance(error, sqlite3.Error):
                raise LedgerError(sentence(self.path, error)) from error
            raise
        self.last_commit = mark or self.last_commit

    def _begin(self, begin: str) -> None:
        try:
            if self._in_doubt:
                self._connect()
            self._connection.execute(begin)
        except sqlite3.Error as error:
            raise NotBegunError(sentence(self.path, error)) from error
        except LedgerError as error:
            raise NotBegunError(str(error)) from error

    def _commit(self) -> None:
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise CommitFailedError(sentence(self.path, error)) from error

    def _roll_back(self) -> None:
        if not self._connection.in_transaction:  # SQLite did so itself, as it does when the disk is full
            return
        try:
            self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._connection.close()  # which rolls back for certain; the next transaction opens it anew
            self._in_doubt = True

    def _connect(self) -> None:
        with reporting(self.path):
            # isolation_level=None: no transaction but those begun here, alike in Python 3.11 to 3.13.
            # mode=rw: a ledger that is gone is not replaced by an empty one.
            self._connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=rw", uri=True, timeout=self._busy_timeout, isolation_level=None
            )
        self._in_doubt = False
        try:
            with reporting(self.path):
                self._set_up()
        except BaseException:
            self._connection.close()
            self._in_doubt = True
            raise

    def _set_up(self) -> None:
        execute = self._connection.execute
        execute("PRAGMA foreign_keys = ON")
        execute("PRAGMA wal_autocheckpoint = 0")  # the log is written into the file by `renew` alone
        execute("PRAGMA synchronous = FULL")
        with self.snapshot() as connection:  # the file may be another than the one that was inspected
            version = known_version(connection, self.path)
        self._use_wal()
        if version != VERSION:
            self._upgrade()

    def _upgrade(self) -> None:
        """Bring the tables of version 1 to this version: all at once, or not at all."""
        execute = self._connection.execute
        execute("PRAGMA foreign_keys = OFF")  # with it, to drop a table is to delete its rows
        execute("PRAGMA legacy_alter_table = ON")  # else the journal would refer to the old table by its new name
        with self._transaction("BEGIN IMMEDIATE") as connection:
            if known_version(connection, self.path) != VERSION:  # else another process has been quicker
                (dropped,) = execute("SELECT count(*) FROM answer WHERE type = 'CHECK'").fetchone()
                execute_all(connection, FROM_VERSION_1)
                if execute("PRAGMA foreign_key_check").fetchone() is not None:
                    raise LedgerCorruptError(
                        f"The ledger {self.path} has a row that belongs to nothing; restore it from a backup."
                    )
                logger.warning("the ledger is now of version %d; answers to CHECK dropped: %d", VERSION, dropped)
        execute("PRAGMA legacy_alter_table = OFF")
        execute("PRAGMA foreign_keys = ON")

    def _use_wal(self) -> None:
        """Turn to write-ahead logging. SQLite does not wait by itself for another process that does the same."""
        deadline = time.monotonic() + self._busy_timeout
        while self._connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            try:
                (mode,) = self._connection.execute("PRAGMA journal_mode = WAL").fetchone()
                if mode != "wal":  # no error: SQLite says so where there is no memory to share
                    raise LedgerError(
                        f"The ledger {self.path} cannot have a write-ahead log there; "
                        "choose a data directory on a local disk."
                    )
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_WAL_RETRY_PAUSE)
