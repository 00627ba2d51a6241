"""The audit: whether the file is whole, and whether balances, journal and answers add up."""

import sqlite3
from dataclasses import dataclass
from typing import Final

from app.ledger.errors import LedgerCorruptError

_QUERIES: Final = (
    (
        "the balance is not the sum of the journal",
        """SELECT name FROM account LEFT JOIN journal ON journal.account = account.name
           GROUP BY name HAVING account.balance <> coalesce(sum(change), 0)""",
    ),
    (
        "a balance in the journal does not follow from the entries before it",
        """SELECT account FROM (
               SELECT account, balance, sum(change) OVER (PARTITION BY account ORDER BY entry) AS running FROM journal
           ) WHERE balance <> running""",
    ),
    (
        "an answer that promises money has no entry in the journal",
        """SELECT answer.account FROM answer LEFT JOIN journal USING (account, request_id)
           WHERE error IS NULL AND entry IS NULL""",
    ),
    (
        "an entry in the journal does not match its answer",
        """SELECT account FROM journal JOIN answer USING (account, request_id)
           WHERE error IS NOT NULL OR answer.type <> journal.type OR answer.balance <> journal.balance
              OR change <> iif(answer.type = 'DEPOS', amount, -amount)""",
    ),
)
"""What must find nothing: each query gives the accounts for which its sentence is true."""


@dataclass(frozen=True)
class Audit:
    """What an audit counted: accounts, entries in the journal, and the sum of all balances in minor units."""

    accounts: int
    entries: int
    total: int


def audit(connection: sqlite3.Connection) -> Audit:
    """Read the whole file once. Raises LedgerCorruptError, which names an account that does not add up."""
    verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        said = " ".join(str(verdict).split())
        raise LedgerCorruptError(f"The ledger is damaged ({said}); restore it from a backup with `bank restore`.")
    if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise LedgerCorruptError(
            "The ledger has a row that belongs to nothing; restore it from a backup with `bank restore`."
        )
    for finding, query in _QUERIES:
        row = connection.execute(query).fetchone()
        if row is not None:
            raise LedgerCorruptError(
                f"The ledger does not add up for account {row[0]}: {finding}; "
                "restore it from a backup with `bank restore`."
            )
    accounts, total = connection.execute("SELECT count(*), coalesce(sum(balance), 0) FROM account").fetchone()
    (entries,) = connection.execute("SELECT count(*) FROM journal").fetchone()
    return Audit(accounts=accounts, entries=entries, total=total)
