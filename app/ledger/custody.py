"""Whether the files that are open are still the ledger of the data directory.

A file that was removed, renamed or replaced can be written to as before, and nobody ever reads it again. So a bank
looks before and after each transaction, and confirms nothing that went elsewhere. It looks at names alone (`stat`): to
open and close the file once more would drop the locks that SQLite holds on it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.ledger.errors import LedgerLostError
from app.ledger.inspection import log_path
from app.ledger.occupancy import Occupancy


class Custody:
    """Remembers the files of a ledger that is open, and notices when their names stand for others.

    The file itself is written when the log is emptied and at no other time, so its size and its time of change tell
    whether someone has written over it. The log only grows until then.
    """

    def __init__(self, path: Path, occupancy: Occupancy) -> None:
        self._path = path
        self._log = log_path(path)
        self._index = path.with_name(f"{path.name}-shm")
        self._occupancy = occupancy
        self._log_size = 0
        self.accept()

    def accept(self) -> None:
        """Take what is there now for the ledger: when it was just opened, or its log emptied. Raises LedgerLostError.

        For the thread that writes, as `check` is.
        """
        with self._missing():
            self._names = self._current_names()
            self._file = _contents(self._path.stat())
            self._log_size = self._log.stat().st_size

    def check(self) -> int:
        """Give the size of the log in bytes. Raises LedgerLostError when this is no longer the ledger."""
        self.check_names()
        with self._missing():
            if _contents(self._path.stat()) != self._file:
                raise self._lost(f"the ledger {self._path} was changed from outside")
            size = self._log.stat().st_size
        if size < self._log_size:
            raise self._lost(f"the log {self._log} of the ledger was cut")
        self._log_size = size
        return size

    def check_names(self) -> None:
        """Raise LedgerLostError when a name stands for another file than the one that is open. For any thread."""
        with self._missing():
            if not self._occupancy.lasts():
                raise self._lost(f"the lock of the data directory {self._path.parent} was replaced")
            if self._current_names() != self._names:
                raise self._lost(f"the ledger {self._path}, or its log, was replaced")

    def _current_names(self) -> list[tuple[int, int]]:
        statuses = [path.stat() for path in (self._path, self._log, self._index)]
        return [(status.st_dev, status.st_ino) for status in statuses]

    @contextmanager
    def _missing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._lost(f"{error.filename or self._path} is gone ({error.strerror})") from error

    @staticmethod
    def _lost(what: str) -> LedgerLostError:
        return LedgerLostError(
            f"The bank ends, and confirms nothing more: while it ran, {what}. "
            "Put the data directory in order, then start the bank again."
        )


def _contents(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns
