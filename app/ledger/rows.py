"""The rows that orders need and make, read and written in a transaction: a few one by one, many together.

SQLite's connection lets go of the interpreter's lock in every step of a statement, and a busy event loop may keep it
for 5 ms each time. So many rows are given to one statement, as JSON. For a few, that would take longer than it saves.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

FEW: Final = 3
"""Up to so many rows are read and written one by one."""


class AccountState(NamedTuple):
    """An account at one moment: the SHA-256 of its card's secret, 32 bytes, and its balance in minor units."""

    card_digest: bytes
    balance: int


class Answer(NamedTuple):
    """What was answered to a request; amounts in minor units. A row of `answer` without its key and its time."""

    type: str
    amount: int
    balance: int
    error: str | None


class Entry(NamedTuple):
    """A movement of money, in minor units: a row of `journal` without its number and its time."""

    account: str
    request_id: str
    type: str
    change: int
    balance: int


Key = tuple[str, str]
"""An account and the id of a request."""

_ACCOUNT: Final = "SELECT card_digest, balance FROM account WHERE name = ?"
_ACCOUNTS: Final = """SELECT json_group_array(json_array(name, hex(card_digest), balance)) FROM account
WHERE name IN (SELECT value FROM json_each(?))"""

_ANSWER: Final = "SELECT type, amount, balance, error FROM answer WHERE account = ? AND request_id = ?"
_ANSWERS: Final = """SELECT json_group_array(
    json_array(answer.account, request_id, answer.type, amount, balance, error)
)
FROM json_each(?) AS asked CROSS JOIN answer
ON answer.account = json_extract(asked.value, '$[0]') AND request_id = json_extract(asked.value, '$[1]')"""

_INSERT_ANSWER: Final = "INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?, ?)"
_INSERT_ANSWERS: Final = """INSERT INTO answer
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
       json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'), ?
FROM json_each(?)"""

_INSERT_ENTRY: Final = """INSERT INTO journal (account, request_id, type, change, balance, at_ms)
VALUES (?, ?, ?, ?, ?, ?)"""
_INSERT_ENTRIES: Final = """INSERT INTO journal (account, request_id, type, change, balance, at_ms)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
       json_extract(value, '$[3]'), json_extract(value, '$[4]'), ?
FROM json_each(?) ORDER BY json_each.key"""

_UPDATE_BALANCE: Final = "UPDATE account SET balance = ? WHERE name = ?"
_UPDATE_BALANCES: Final = """UPDATE account SET balance = json_extract(new.value, '$[1]')
FROM json_each(?) AS new WHERE name = json_extract(new.value, '$[0]')"""


def read_accounts(connection: sqlite3.Connection, names: Collection[str]) -> dict[str, AccountState]:
    """Look up accounts; an unknown one is left out."""
    if len(names) <= FEW:
        rows = ((name, connection.execute(_ACCOUNT, (name,)).fetchone()) for name in names)
        return {name: AccountState(*row) for name, row in rows if row is not None}
    (found,) = connection.execute(_ACCOUNTS, (json.dumps(list(names)),)).fetchone()
    return {name: AccountState(bytes.fromhex(digest), balance) for name, digest, balance in json.loads(found)}


def read_answers(connection: sqlite3.Connection, keys: Collection[Key]) -> dict[Key, Answer]:
    """Look up what was answered already; what was not is left out."""
    if len(keys) <= FEW:
        rows = ((key, connection.execute(_ANSWER, key).fetchone()) for key in keys)
        return {key: Answer(*row) for key, row in rows if row is not None}
    (found,) = connection.execute(_ANSWERS, (json.dumps(list(keys)),)).fetchone()
    return {(account, request_id): Answer(*answer) for account, request_id, *answer in json.loads(found)}


def write_answers(connection: sqlite3.Connection, answers: Iterable[tuple[Key, Answer]], now_ms: int) -> None:
    """Record what is answered, at `now_ms`."""
    rows = [(*key, *answer) for key, answer in answers]
    if len(rows) > FEW:
        connection.execute(_INSERT_ANSWERS, (now_ms, json.dumps(rows)))
        return
    for row in rows:
        connection.execute(_INSERT_ANSWER, (*row, now_ms))


def write_entries(connection: sqlite3.Connection, entries: Sequence[Entry], now_ms: int) -> None:
    """Record movements of money in their order, at `now_ms`."""
    if len(entries) > FEW:
        connection.execute(_INSERT_ENTRIES, (now_ms, json.dumps(entries)))
        return
    for entry in entries:
        connection.execute(_INSERT_ENTRY, (*entry, now_ms))


def write_balances(connection: sqlite3.Connection, balances: dict[str, int]) -> None:
    """Set the balances of accounts."""
    if len(balances) > FEW:
        connection.execute(_UPDATE_BALANCES, (json.dumps(list(balances.items())),))
        return
    for name, balance in balances.items():
        connection.execute(_UPDATE_BALANCE, (balance, name))
