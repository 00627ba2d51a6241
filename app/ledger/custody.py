"""Whether the files that are open are still the ledger of the data directory.

A file that was removed, renamed or replaced can be written to as before, and nobody ever reads it again. So a bank
looks after each transaction, and confirms nothing that went elsewhere. Before it, it looks at the log alone: whatever
else has happened by then still shows after it. It looks at names alone (`stat`): to open and close the file once more
would drop the locks that SQLite holds on it.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from app.ledger.binding import Mark
from app.ledger.errors import LedgerLostError, primary_code
from app.ledger.file import log_path
from app.ledger.occupancy import Occupancy, file_identity

_NEVER: Final = (-1, -1)
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PATIENCE: Final = 5.0


class Custody:
    """Remembers the files of a ledger that is open, and notices when their names stand for others.

    The file itself is written when the log is written into it and at no other time, so its size and its time of change
    tell whether someone has written over it. The log does not shrink until then. Others may write to it, such as who
    opens an account; when someone has, its time of change is another, and `is_still_there` has more to tell.
    """

    def __init__(self, path: Path, occupancy: Occupancy) -> None:
        self._names = [os.fspath(each) for each in (path, log_path(path), path.with_name(f"{path.name}-shm"))]
        self._occupancy = occupancy
        self._files = [file_identity(status) for status in self._look()]  # of what was just opened, and for good
        self.renewed()

    def renewed(self) -> None:
        """Remember what the files hold since the log was written into the ledger.

        Raises LedgerLostError, also where a file was replaced meanwhile. For the thread that writes, as `check` is.
        """
        file, log = self.check_names()
        self._content, self._log_size, self._log_time = _content(file), log.st_size, log.st_mtime_ns

    def check_log(self) -> bool:
        """Raise LedgerLostError when the log was cut: once it has been written to again, nothing shows that.

        Gives whether someone has written to it since the last look.
        """
        if self._content is _NEVER:
            raise self.changed()
        try:
            log = os.stat(self._names[1])  # noqa: PTH116 - before every transaction
        except OSError as error:
            raise self._gone(error) from error
        if log.st_size < self._log_size:
            raise self._cut()
        return log.st_mtime_ns != self._log_time

    def check(self) -> None:
        """Raise LedgerLostError when this is no longer the ledger."""
        file, log = self.check_names()
        if _content(file) != self._content:
            raise self.changed()
        if log.st_size < self._log_size:
            raise self._cut()
        self._log_size, self._log_time = log.st_size, log.st_mtime_ns

    def changed(self) -> LedgerLostError:
        """Say that someone has written into the files; to be raised, now and at every check to come."""
        self._content = _NEVER
        return self._lost(f"the ledger {self._names[0]} was changed from outside")

    def check_names(self) -> tuple[os.stat_result, os.stat_result]:
        """Raise LedgerLostError when a name stands for another file than the one that is open. For any thread.

        Gives the status of the ledger and of its log.
        """
        file, log, index = self._look()
        if [file_identity(file), file_identity(log), file_identity(index)] != self._files:
            raise self._lost(f"the ledger {self._names[0]}, or its log, was replaced")
        return file, log

    def _look(self) -> list[os.stat_result]:
        try:
            if not self._occupancy.lasts():
                raise self._lost(f"the lock of the data directory {self._occupancy.data_dir} was replaced")
            return [os.stat(name) for name in self._names]  # noqa: PTH116 - in every transaction
        except OSError as error:
            raise self._gone(error) from error

    def _gone(self, error: OSError) -> LedgerLostError:
        return self._lost(f"{error.filename or self._names[0]} is gone ({error.strerror})")

    def _cut(self) -> LedgerLostError:
        return self._lost(f"the log {self._names[1]} of the ledger was cut")

    @staticmethod
    def _lost(what: str) -> LedgerLostError:
        return LedgerLostError(
            f"The bank ends, and confirms nothing more: while it ran, {what}. "
            "Put the data directory in order, then start the bank again."
        )


def _content(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def is_still_there(mark: Mark, path: Path) -> bool:
    """Whether a new connection finds this transaction, or a later one of its generation.

    It is the proof that nobody has written into the log under a bank. A connection remembers pages that it has read, so
    one that is open for long may not notice; a new one reads the file and the log. What a bank confirms last is always
    in it: the mark of its last transaction (app/ledger/binding.py). False for a ledger that cannot be read as one.
    Raises sqlite3.Error.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None)) as connection:
            row = connection.execute("SELECT generation, transactions FROM log_mark").fetchone()
    except sqlite3.DatabaseError as error:
        if primary_code(error) in _DAMAGED:
            return False
        raise
    found = Mark(*row) if row is not None else None
    return found is not None and found.generation == mark.generation and found.transactions >= mark.transactions
