"""The ledger: who has how much, and exactly-once answers to requests."""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

from app.ledger.database import (
    BUSY_TIMEOUT,
    AccountExistsError,
    Database,
    LedgerCorruptError,
    UnknownAccountError,
)
from app.ledger.schema import AUDIT
from app.messages import Accepted, AccountReply, AccountRequest, CheckRequest, DepositRequest, Refusal, Refused
from app.money import MAX_AMOUNT

LEDGER_FILE: Final = "ledger.sqlite3"
"""The name of the ledger in a data directory."""


def _wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Audit:
    """What an audit counted: accounts, entries in the journal, and the sum of all balances in minor units."""

    accounts: int
    entries: int
    total: int


class Ledger:
    """A connection to the ledger at `path`, which is made if it is not there. One a thread; any number of processes.

    Every method raises LedgerError when the file cannot be read or written, and then nothing has changed.
    `now_ms` tells the wall clock in milliseconds, for the record only.
    """

    def __init__(
        self, path: Path, *, busy_timeout: float = BUSY_TIMEOUT, now_ms: Callable[[], int] = _wall_clock_ms
    ) -> None:
        self._database = Database(path, busy_timeout=busy_timeout)
        self._now_ms = now_ms

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. May be repeated."""
        self._database.close()

    def open_account(self, name: str, card_digest: bytes) -> None:
        """Open an account with balance zero. `card_digest` is the SHA-256 of its card's secret.

        Raises AccountExistsError when the name is taken.
        """
        with self._database.transaction() as connection:
            if connection.execute("SELECT 1 FROM account WHERE name = ?", (name,)).fetchone() is not None:
                raise AccountExistsError(f"There is an account {name} already; choose another name.")
            connection.execute("INSERT INTO account VALUES (?, ?, 0, ?)", (name, card_digest, self._now_ms()))

    def card_digest(self, account: str) -> bytes | None:
        """Look up the SHA-256 of the secret of the account's card; None for an unknown account."""
        with self._database.snapshot() as connection:
            row = connection.execute("SELECT card_digest FROM account WHERE name = ?", (account,)).fetchone()
        return None if row is None else bytes(row[0])

    def balance(self, account: str) -> int:
        """Look up a balance, in minor units. Raises UnknownAccountError."""
        with self._database.snapshot() as connection:
            return _balance(connection, account)

    def apply(self, account: str, request: AccountRequest) -> AccountReply:
        """Carry out a request, once, and give its answer; the answer is on the disk when this returns.

        The same request under the same id gets the same answer again and moves nothing; another request under
        that id is refused. Raises UnknownAccountError.
        """
        amount = None if isinstance(request, CheckRequest) else request.amount
        with self._database.transaction() as connection:
            before = _balance(connection, account)
            answered = connection.execute(
                "SELECT type, amount, balance, error FROM answer WHERE account = ? AND request_id = ?",
                (account, request.id),
            ).fetchone()
            if answered is not None:
                if answered[:2] != (request.type, amount):
                    return Refused(type=request.type, id=request.id, error=Refusal.REQUEST_ID_REUSED)
                return _reply(request, *answered[2:])
            after, error = _outcome(before, request)
            now = self._now_ms()
            connection.execute(
                "INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?, ?)",
                (account, request.id, request.type, amount, after, error, now),
            )
            if after != before:
                connection.execute("UPDATE account SET balance = ? WHERE name = ?", (after, account))
                connection.execute(
                    "INSERT INTO journal (account, request_id, type, change, balance, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
                    (account, request.id, request.type, after - before, after, now),
                )
        return _reply(request, after, error)

    def verify(self) -> Audit:
        """Check that every balance is the sum of its journal and that answers and journal agree.

        Reads the whole file once. Raises LedgerCorruptError, which names an account that does not add up.
        """
        with self._database.snapshot() as connection:
            verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if verdict != "ok":
                raise LedgerCorruptError(f"The ledger is damaged ({verdict}); restore it from a backup.")
            if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
                raise LedgerCorruptError("The ledger has a row that belongs to nothing; restore it from a backup.")
            for finding, query in AUDIT:
                row = connection.execute(query).fetchone()
                if row is not None:
                    raise LedgerCorruptError(f"The ledger does not add up for account {row[0]}: {finding}.")
            accounts, total = connection.execute("SELECT count(*), coalesce(sum(balance), 0) FROM account").fetchone()
            (entries,) = connection.execute("SELECT count(*) FROM journal").fetchone()
        return Audit(accounts=accounts, entries=entries, total=total)


def _balance(connection: sqlite3.Connection, account: str) -> int:
    row = connection.execute("SELECT balance FROM account WHERE name = ?", (account,)).fetchone()
    if row is None:
        raise UnknownAccountError(f"There is no account {account}; open it with `open-account`.")
    return int(row[0])


def _outcome(balance: int, request: AccountRequest) -> tuple[int, Refusal | None]:
    """Decide what a request does to a balance: the new balance, and why nothing was done if nothing was."""
    if isinstance(request, CheckRequest):
        return balance, None
    if isinstance(request, DepositRequest):
        if balance + request.amount > MAX_AMOUNT:
            return balance, Refusal.BALANCE_LIMIT
        return balance + request.amount, None
    if request.amount > balance:
        return balance, Refusal.INSUFFICIENT_FUNDS
    return balance - request.amount, None


def _reply(request: AccountRequest, balance: int, error: str | None) -> AccountReply:
    if error is None:
        return Accepted(type=request.type, id=request.id, balance=balance)
    return Refused(type=request.type, id=request.id, error=Refusal(error))
