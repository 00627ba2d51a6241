"""The one who writes a bank's ledger: a batch a transaction, and nothing confirmed that went elsewhere."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from app.ledger.binding import write_mark
from app.ledger.book import Ledger
from app.ledger.custody import Custody, is_still_there
from app.ledger.decision import IN_THE_CLEAR, Decider
from app.ledger.errors import LedgerLostError, TransactionError, likewise, reporting
from app.ledger.file import LEDGER_FILE
from app.ledger.interface import Order
from app.ledger.occupancy import Occupancy
from app.ledger.recording import Result
from app.system.errors import LedgerError

LOG_PAGES: Final = 2048
"""The log is written into the file after about so many pages of 4,096 bytes: twice as many as SQLite by itself."""

PAGES_AN_ORDER: Final = 3
PAGES_A_BATCH: Final = 3
"""About what an order and a batch of them add to the log."""

_NOT_WRITTEN: Final = "the log is not written into the ledger: %s"

logger = logging.getLogger("suitecase.ledger")


class Writer:
    """The ledger of the data directory that is occupied, in one thread. Raises LedgerError.

    `begin` comes before the first `carry_out`, when the ledger has been verified.
    """

    def __init__(self, occupancy: Occupancy, decider: Decider = IN_THE_CLEAR) -> None:
        self._path = path = occupancy.data_dir / LEDGER_FILE
        self._occupancy = occupancy
        self._ledger = Ledger(path, decider=decider)
        if self._ledger.caution:
            logger.warning("%s", self._ledger.caution)
        try:
            self._ledger.accounts([""])  # a read: the log is there from the first one on
            self.custody = Custody(path, occupancy)
        except BaseException:
            self._ledger.close()
            raise
        self._log_pages = 0

    def begin(self) -> None:
        """Bind the ledger to a new log, and say in it that it is in use."""
        self.custody.check()
        self._renew(in_use=True)

    def carry_out(self, orders: Sequence[Order]) -> Sequence[Result]:
        """As `Ledger.apply_all`; raises LedgerLostError when what was written is no longer the ledger.

        When a statement makes the transaction of all fail, each order has one of its own.
        """
        self._look_first()
        try:
            results = self._ledger.apply_all(orders)
        except LedgerError as error:
            self.custody.check()
            if isinstance(error, TransactionError) or len(orders) == 1:
                raise
            results = self._one_by_one(orders)
        self._look_last(len(orders))
        return results

    def open_account(self, name: str, card_digest: bytes) -> None:
        """As `Ledger.open_account`; raises LedgerLostError as `carry_out` does."""
        self._look_first()
        try:
            self._ledger.open_account(name, card_digest)
        except LedgerError:
            self.custody.check()
            raise
        self._look_last(orders=1)

    def look(self) -> None:
        """Raise LedgerLostError when the files are no longer the ledger, or hold no longer what was written to them."""
        self.custody.check()
        mark = self._ledger.last_commit
        with reporting(self._path):
            if mark is not None and not is_still_there(mark, self._path):
                raise self.custody.changed()

    def tidy(self) -> None:
        """Write the log into the file when it has grown."""
        if self._log_pages >= LOG_PAGES:
            self.look()
            self._renew(in_use=True)

    def leave(self) -> None:
        """Write the log into the file, say in it that it is not in use, and close it.

        Where that cannot be done, the log stays as it is, as that of a bank that is killed does.
        Raises LedgerLostError when the files are no longer the ledger; closed it is all the same.
        """
        try:
            self.look()
            self._ledger.put_down()
            self.custody.renewed()
        except LedgerLostError:
            self._ledger.leave()
            raise
        except LedgerError as error:
            logger.error(_NOT_WRITTEN, error)  # noqa: TRY400 - a sentence says it
            self._ledger.leave()
        else:
            self._note()
            self._ledger.close()

    def _look_first(self) -> None:
        if self.custody.check_log():
            self.look()

    def _look_last(self, orders: int) -> None:
        """What is written may be confirmed after this."""
        self.custody.check()
        self._note()
        self._log_pages += PAGES_A_BATCH + PAGES_AN_ORDER * orders

    def _one_by_one(self, orders: Sequence[Order]) -> list[Result]:
        """Carry out each in a transaction of its own; none more when one fails by the fault of no order."""
        results: list[Result] = []
        for order in orders:
            try:
                results += self._ledger.apply_all([order])
            except TransactionError as error:
                rest = len(orders) - len(results)
                return results + [likewise(error) for _ in range(rest)]
            except LedgerError as error:
                results.append(error)
        return results

    def _renew(self, *, in_use: bool) -> None:
        self._log_pages = 0
        try:
            self._ledger.renew(in_use=in_use)  # when it must wait, then until the log has grown as much again
        except LedgerError as error:
            logger.error(_NOT_WRITTEN, error)  # noqa: TRY400 - a sentence says it
        self.custody.renewed()
        self._note()

    def _note(self) -> None:
        """Note what is about to be confirmed, so that the next start misses it where it is gone."""
        mark = self._ledger.last_commit
        if mark is not None:
            with suppress(OSError):  # a full disk, for one: the note is then too old, and that is no fault
                self._occupancy.note(write_mark(mark))
