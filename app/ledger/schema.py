"""The tables of the ledger. What the code checks, SQLite checks once more.

What grows: `answer` by one row for every request ever answered, CHECK included, for a retry may come at any
time; `journal` by one row for every movement of money: some 70 to 180 bytes a request
in all, as measured over 10,000. Nothing is ever deleted.
"""

from typing import Final

from app.money import MAX_AMOUNT

APPLICATION_ID: Final = 0x53554954
"""`SUIT`: the mark in the header of the file by which a ledger is told from any other SQLite file."""
VERSION: Final = 1
"""The version of these tables, kept as `user_version`."""

TABLES: Final = f"""
CREATE TABLE account (
    name        TEXT PRIMARY KEY,
    card_digest BLOB NOT NULL CHECK (length(card_digest) = 32),
    balance     INTEGER NOT NULL CHECK (balance BETWEEN 0 AND {MAX_AMOUNT}),
    opened_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE answer (
    account     TEXT NOT NULL REFERENCES account (name),
    request_id  TEXT NOT NULL CHECK (length(request_id) = 32),
    type        TEXT NOT NULL CHECK (type IN ('CHECK', 'DEPOS', 'WITHD')),
    amount      INTEGER CHECK (amount BETWEEN 1 AND {MAX_AMOUNT}),
    balance     INTEGER NOT NULL CHECK (balance BETWEEN 0 AND {MAX_AMOUNT}),
    error       TEXT,
    answered_ms INTEGER NOT NULL,
    PRIMARY KEY (account, request_id),
    CHECK ((type = 'CHECK') = (amount IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    entry       INTEGER PRIMARY KEY,
    account     TEXT NOT NULL,
    request_id  TEXT NOT NULL,
    type        TEXT NOT NULL CHECK (type IN ('DEPOS', 'WITHD')),
    change      INTEGER NOT NULL CHECK ((type = 'DEPOS') = (change > 0) AND change <> 0),
    balance     INTEGER NOT NULL CHECK (balance BETWEEN 0 AND {MAX_AMOUNT}),
    at_ms       INTEGER NOT NULL,
    UNIQUE (account, request_id),
    FOREIGN KEY (account, request_id) REFERENCES answer (account, request_id)
) STRICT;
"""

AUDIT: Final = (
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
           WHERE answer.type <> 'CHECK' AND error IS NULL AND entry IS NULL""",
    ),
    (
        "an entry in the journal does not match its answer",
        """SELECT account FROM journal JOIN answer USING (account, request_id)
           WHERE error IS NOT NULL OR answer.type <> journal.type OR answer.balance <> journal.balance
              OR change <> iif(answer.type = 'DEPOS', amount, -amount)""",
    ),
)
"""What must find nothing: each query gives the accounts for which its sentence is true."""
