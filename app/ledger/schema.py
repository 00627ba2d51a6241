"""The tables of the ledger. What the code checks, SQLite checks once more.

`answer` grows by one row for every request to move money, for a retry may come at any time. `journal` grows by one row
for every movement. Nothing is ever deleted. Together they take some 70 to 180 bytes a request, as measured over 10,000.
CHECK moves nothing and is not recorded.

`meta` and `log_mark` bind the file to its write-ahead log (app/ledger/binding.py). Each has one row.
"""

from typing import Final

from app.protocol.money import MAX_AMOUNT

APPLICATION_ID: Final = 0x53554954
"""`SUIT`: the mark in the header of the file by which a ledger is told from any other SQLite file."""
VERSION: Final = 2
"""The version of these tables, kept as `user_version`. Version 1 recorded the answers to CHECK and had no binding."""

GENERATION_SIZE: Final = 16
"""Bytes of a generation: random, so that no two are alike."""

ACCOUNT: Final = f"""
CREATE TABLE account (
    name        TEXT PRIMARY KEY,
    card_digest BLOB NOT NULL CHECK (length(card_digest) = 32),
    balance     INTEGER NOT NULL CHECK (balance BETWEEN 0 AND {MAX_AMOUNT}),
    opened_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

ANSWER: Final = f"""
CREATE TABLE answer (
    account     TEXT NOT NULL REFERENCES account (name),
    request_id  TEXT NOT NULL CHECK (length(request_id) = 32),
    type        TEXT NOT NULL CHECK (type IN ('DEPOS', 'WITHD')),
    amount      INTEGER NOT NULL CHECK (amount BETWEEN 1 AND {MAX_AMOUNT}),
    balance     INTEGER NOT NULL CHECK (balance BETWEEN 0 AND {MAX_AMOUNT}),
    error       TEXT,
    answered_ms INTEGER NOT NULL,
    PRIMARY KEY (account, request_id)
) STRICT, WITHOUT ROWID;
"""

JOURNAL: Final = f"""
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

BINDING: Final = f"""
CREATE TABLE meta (
    one          INTEGER PRIMARY KEY CHECK (one = 1),
    generation   BLOB NOT NULL CHECK (length(generation) = {GENERATION_SIZE}),
    in_use       INTEGER NOT NULL CHECK (in_use IN (0, 1)),
    identity     BLOB CHECK (length(identity) = 32)
) STRICT;
CREATE TABLE log_mark (
    one          INTEGER PRIMARY KEY CHECK (one = 1),
    generation   BLOB NOT NULL CHECK (length(generation) = {GENERATION_SIZE}),
    transactions INTEGER NOT NULL
) STRICT;
"""

_FIRST_ROWS: Final = """
INSERT INTO meta VALUES (1, randomblob(16), 0, NULL);
INSERT INTO log_mark SELECT 1, generation, 0 FROM meta;
"""

MARKS: Final = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
"""

NEW_LEDGER: Final = "".join((ACCOUNT, ANSWER, JOURNAL, BINDING, _FIRST_ROWS, MARKS))
"""What makes an empty ledger of an empty file."""

FROM_VERSION_1: Final = "".join(
    (
        "ALTER TABLE answer RENAME TO answer_1;",
        ANSWER,
        "INSERT INTO answer SELECT * FROM answer_1 WHERE type <> 'CHECK';",
        "DROP TABLE answer_1;",
        BINDING,
        _FIRST_ROWS,
        MARKS,
    )
)
"""What makes a ledger of this version of one of version 1, with foreign keys off."""
