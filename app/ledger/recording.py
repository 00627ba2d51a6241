"""Many requests in one transaction: each statement serves the whole batch, which it is given as JSON.

SQLite's connection lets go of the interpreter's lock in every step of a statement, and a busy event loop may keep it
for 5 ms each time. A statement for each request would make a batch of 50 wait for seconds.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from app.errors import LedgerError
from app.ledger.errors import UnknownAccountError
from app.ledger.rules import MoneyRequest, decide
from app.messages import Accepted, AccountReply, Refusal, Refused


class Order(NamedTuple):
    """A request for an account."""

    account: str
    request: MoneyRequest


Outcome = AccountReply | LedgerError
"""The answer to an order, or why there is none: UnknownAccountError, or what made its own transaction fail."""


class AccountState(NamedTuple):
    """An account at one moment: the SHA-256 of its card's secret, 32 bytes, and its balance in minor units."""

    card_digest: bytes
    balance: int


class _Answer(NamedTuple):
    """A row of `answer`, without its key and its time."""

    type: str
    amount: int
    balance: int
    error: str | None


_ACCOUNTS: Final = """SELECT json_group_array(json_array(name, hex(card_digest), balance)) FROM account
WHERE name IN (SELECT value FROM json_each(?))"""

_ANSWERS: Final = """SELECT json_group_array(
    json_array(answer.account, request_id, answer.type, amount, balance, error)
)
FROM json_each(?) AS asked CROSS JOIN answer
ON answer.account = json_extract(asked.value, '$[0]') AND request_id = json_extract(asked.value, '$[1]')"""

_INSERT_ANSWERS: Final = """INSERT INTO answer
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
       json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'), ?
FROM json_each(?)"""

_INSERT_ENTRIES: Final = """INSERT INTO journal (account, request_id, type, change, balance, at_ms)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
       json_extract(value, '$[3]'), json_extract(value, '$[4]'), ?
FROM json_each(?) ORDER BY json_each.key"""

_UPDATE_BALANCES: Final = """UPDATE account SET balance = json_extract(new.value, '$[1]')
FROM json_each(?) AS new WHERE name = json_extract(new.value, '$[0]')"""


def account_states(connection: sqlite3.Connection, names: Iterable[str]) -> dict[str, AccountState]:
    """Look up accounts; an unknown one is left out."""
    (found,) = connection.execute(_ACCOUNTS, (json.dumps(list(names)),)).fetchone()
    return {name: AccountState(bytes.fromhex(digest), balance) for name, digest, balance in json.loads(found)}


def carry_out(connection: sqlite3.Connection, orders: Sequence[Order], now_ms: int) -> list[Outcome]:
    """Carry out each order, once, in this order; gives an outcome for each. Called in a transaction.

    The same request under the same id gets the same answer again and moves nothing; another request under that id is
    refused.
    """
    before = {name: state.balance for name, state in account_states(connection, {o.account for o in orders}).items()}
    balances = dict(before)
    answers = _answers(connection, orders)
    recorded: list[tuple[str, str, str, int, int, str | None]] = []
    entries: list[tuple[str, str, str, int, int]] = []
    outcomes: list[Outcome] = []
    for account, request in orders:
        balance = balances.get(account)
        if balance is None:
            outcomes.append(UnknownAccountError(account))
            continue
        answer = answers.get((account, request.id))
        if answer is None:
            after, error = decide(balance, request)
            answer = answers[account, request.id] = _Answer(request.type, request.amount, after, error)
            recorded.append((account, request.id, *answer))
            if after != balance:
                entries.append((account, request.id, request.type, after - balance, after))
                balances[account] = after
        outcomes.append(_reply(request, answer))
    if recorded:
        connection.execute(_INSERT_ANSWERS, (now_ms, json.dumps(recorded)))
    if entries:
        changed = [(name, balance) for name, balance in balances.items() if balance != before[name]]
        connection.execute(_UPDATE_BALANCES, (json.dumps(changed),))
        connection.execute(_INSERT_ENTRIES, (now_ms, json.dumps(entries)))
    return outcomes


def _answers(connection: sqlite3.Connection, orders: Sequence[Order]) -> dict[tuple[str, str], _Answer]:
    asked = json.dumps([(account, request.id) for account, request in orders])
    (found,) = connection.execute(_ANSWERS, (asked,)).fetchone()
    return {(account, request_id): _Answer(*answer) for account, request_id, *answer in json.loads(found)}


def _reply(request: MoneyRequest, answer: _Answer) -> AccountReply:
    if (answer.type, answer.amount) != (request.type, request.amount):
        return Refused(type=request.type, id=request.id, error=Refusal.REQUEST_ID_REUSED)
    if answer.error is not None:
        return Refused(type=request.type, id=request.id, error=Refusal(answer.error))
    return Accepted(type=request.type, id=request.id, balance=answer.balance)
