"""The ledger: who has how much, and exactly-once answers to requests."""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import TracebackType
from typing import Final

from app.ledger.audit import Audit, audit
from app.ledger.binding import Mark, set_generation, transactions
from app.ledger.database import BUSY_TIMEOUT, Database
from app.ledger.decision import IN_THE_CLEAR, Decider
from app.ledger.errors import AccountExistsError, UnknownAccountError
from app.ledger.interface import Order, Outcome
from app.ledger.occupancy import Occupancy, is_occupied, occupied
from app.ledger.recording import Result, carry_out
from app.ledger.rows import AccountState, read_accounts
from app.system.errors import FileError, LedgerError

_STEPS_BETWEEN_LOOKS: Final = 200_000
"""Steps of SQLite's machine: some milliseconds."""

_ATTEMPTS: Final = 3

logger = logging.getLogger("suitecase.ledger")


def _wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


class Ledger:
    """A connection to the ledger at `path`, which is made if it is not there. One a thread; any number of processes.

    Every method raises LedgerError when the file cannot be read or written, and then nothing has changed.
    `decider` decides about orders. `now_ms` tells the wall clock in milliseconds, for the record only. `occupancy` is
    the caller's own, where he has occupied the data directory and no other connection of his is open.
    """

    def __init__(
        self,
        path: Path,
        *,
        decider: Decider = IN_THE_CLEAR,
        busy_timeout: float = BUSY_TIMEOUT,
        now_ms: Callable[[], int] = _wall_clock_ms,
        occupancy: Occupancy | None = None,
    ) -> None:
        self._occupancy = occupancy
        self._database = Database(path, busy_timeout=busy_timeout)
        if self.caution and (occupancy is not None or not is_occupied(path.parent)):  # else the bank there says it
            logger.warning("%s", self.caution)
        self._decider = decider
        self._now_ms = now_ms

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. May be repeated."""
        try:
            self._put_away()
        except (LedgerError, FileError):
            self._database.leave()  # the log stays as it is, and says what the file does not
        else:
            self._database.close()

    def leave(self) -> None:
        """Close the connection and write nothing: someone else has the ledger open, or it is the ledger no more."""
        self._database.leave()

    @property
    def caution(self) -> str:
        """A sentence for the operator where something may have been missing when the ledger was opened; else ""."""
        return self._database.caution

    @property
    def last_commit(self) -> Mark | None:
        """The last transaction that this connection has written."""
        return self._database.last_commit

    def open_account(self, name: str, card_digest: bytes) -> None:
        """Open an account with balance zero. `card_digest` is the SHA-256 of its card's secret.

        Raises AccountExistsError when the name is taken.
        """
        with self._database.transaction() as connection:
            if connection.execute("SELECT 1 FROM account WHERE name = ?", (name,)).fetchone() is not None:
                raise AccountExistsError(f"There is an account {name} already; choose another name.")
            connection.execute("INSERT INTO account VALUES (?, ?, 0, ?)", (name, card_digest, self._now_ms()))

    def accounts(self, names: Collection[str]) -> dict[str, AccountState]:
        """Look up accounts in one state of the ledger; an unknown one is left out."""
        with self._database.snapshot() as connection:
            return read_accounts(connection, names)

    def card_digest(self, account: str) -> bytes | None:
        """Look up the SHA-256 of the secret of the account's card; None for an unknown account."""
        state = self.accounts([account]).get(account)
        return None if state is None else state.card_digest

    def balance(self, account: str) -> int:
        """Look up a balance, in minor units. Raises UnknownAccountError."""
        state = self.accounts([account]).get(account)
        if state is None:
            raise UnknownAccountError(account)
        return state.balance

    def apply(self, order: Order) -> Outcome:
        """As `apply_all`, for one. Raises UnknownAccountError."""
        [result] = self.apply_all([order])
        if isinstance(result, LedgerError):
            raise result
        return result

    def apply_all(self, orders: Sequence[Order]) -> list[Result]:
        """Carry out each order, once, in this order, in one transaction; gives a result for each.

        The same order under the same id has the same outcome again and moves nothing; another order under that id is
        refused. What the outcomes say is on the disk when this returns.
        """
        with self._database.transaction() as connection:
            return carry_out(connection, self._decider, orders, self._now_ms())

    def identity(self) -> bytes | None:
        """Look up whose ledger this is: the bank's public identity key, 32 bytes; None while none is recorded."""
        with self._database.snapshot() as connection:
            (recorded,) = connection.execute("SELECT identity FROM meta").fetchone()
        return recorded if isinstance(recorded, bytes) else None

    def belongs_to(self, identity: bytes, *, may_replace: bool = False) -> None:
        """Record whose ledger this is, by the bank's public identity key, 32 bytes, where none is recorded yet.

        Raises LedgerError when it is another bank's; unless the bank that comes `may_replace` that one, whose identity
        was lost.
        """
        recorded = self.identity()
        if recorded not in (None, identity) and not may_replace:
            raise LedgerError(
                f"The ledger {self._database.path} belongs to another bank than the identity key beside it. Restore "
                "both from one backup with `bank restore`; if there is none, move the identity key away: the bank then "
                "makes a new one, which every card and every ATM must be given."
            )
        if recorded != identity:
            with self._database.transaction() as connection:
                connection.execute("UPDATE meta SET identity = ?", (identity,))

    def verify(self, give_up: Callable[[], bool] = lambda: False) -> Audit:
        """Check that the file is whole, that every balance is the sum of its journal, and that answers fit.

        Reads the whole file once. Raises LedgerCorruptError, which names an account that does not add up; and
        LedgerError soon after `give_up` has become true.
        """
        with self._database.snapshot() as connection:
            connection.set_progress_handler(give_up, _STEPS_BETWEEN_LOOKS)
            try:
                return audit(connection)
            finally:
                connection.set_progress_handler(None, 0)

    def copy_to(self, target: Path) -> None:
        """Write one state of the ledger into a new file, 0600, beside whoever writes. Raises FileError."""
        self._database.copy_to(target)

    def renew(self, *, in_use: bool) -> bool:
        """Write the log into the file, and begin the log anew under a new generation (app/ledger/binding.py).

        Gives False when another process keeps the log from beginning anew; then try again later.
        """
        for _ in range(_ATTEMPTS):
            with self._database.snapshot() as connection:
                before = transactions(connection)
            if not self._database.empty_log():
                return False
            with self._database.transaction() as connection:
                nothing_since = transactions(connection) == before  # else another process has written to the log
                if nothing_since:
                    set_generation(connection, in_use=in_use)
            if nothing_since:
                return self._database.empty_log()
        return False

    def put_down(self) -> None:
        """Write the log into the file, and say that no bank uses it; for whoever has the data directory to himself.

        Where another process keeps the log from being written into the file, that process will, or the next: SQLite
        deletes no log before. So it is enough that the log says it too.
        """
        if not self.renew(in_use=False):
            with self._database.transaction() as connection:
                connection.execute("UPDATE meta SET in_use = 0")

    def _put_away(self) -> None:
        """Say that no bank uses the ledger, where one was killed and none has come since.

        SQLite deletes the log when its last connection is closed, and `in_use` would then say that it is missing.
        """
        with self._database.snapshot() as connection:
            (in_use,) = connection.execute("SELECT in_use FROM meta").fetchone()
        if in_use:
            ours = nullcontext(self._occupancy)
            with ours if self._occupancy else occupied(self._database.path.parent, patience=0):
                self.put_down()
