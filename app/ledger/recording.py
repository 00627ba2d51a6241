"""Orders carried out in one transaction: each decided once, and answered alike whenever it comes again."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from app.ledger.errors import UnknownAccountError
from app.ledger.rows import (
    Answer,
    Entry,
    Key,
    read_accounts,
    read_answers,
    write_answers,
    write_balances,
    write_entries,
)
from app.ledger.rules import MoneyRequest, decide
from app.protocol.messages import Accepted, AccountReply, Refusal, Refused
from app.system.errors import LedgerError


class Order(NamedTuple):
    """A request for an account."""

    account: str
    request: MoneyRequest


Outcome = AccountReply | LedgerError
"""The answer to an order, or why there is none: UnknownAccountError, or what made its own transaction fail."""


def carry_out(connection: sqlite3.Connection, orders: Sequence[Order], now_ms: int) -> list[Outcome]:
    """Carry out each order, once, in this order; gives an outcome for each. Called in a transaction.

    The same request under the same id gets the same answer again and moves nothing; another request under that id is
    refused.
    """
    balances = {
        name: state.balance for name, state in read_accounts(connection, {account for account, _ in orders}).items()
    }
    answers = read_answers(connection, {(account, request.id) for account, request in orders})
    new: list[tuple[Key, Answer]] = []
    entries: list[Entry] = []
    outcomes: list[Outcome] = []
    for account, request in orders:
        balance = balances.get(account)
        if balance is None:
            outcomes.append(UnknownAccountError(account))
            continue
        key = (account, request.id)
        answer = answers.get(key)
        if answer is None:
            after, error = decide(balance, request)
            answer = answers[key] = Answer(request.type, request.amount, after, error)
            new.append((key, answer))
            if after != balance:
                entries.append(Entry(account, request.id, request.type, after - balance, after))
                balances[account] = after
        outcomes.append(_reply(request, answer))
    write_answers(connection, new, now_ms)
    write_balances(connection, {entry.account: entry.balance for entry in entries})
    write_entries(connection, entries, now_ms)
    return outcomes


def _reply(request: MoneyRequest, answer: Answer) -> AccountReply:
    if (answer.type, answer.amount) != (request.type, request.amount):
        return Refused(type=request.type, id=request.id, error=Refusal.REQUEST_ID_REUSED)
    if answer.error is not None:
        return Refused(type=request.type, id=request.id, error=Refusal(answer.error))
    return Accepted(type=request.type, id=request.id, balance=answer.balance)
