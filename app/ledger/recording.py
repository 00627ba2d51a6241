"""Orders carried out in one transaction: each decided once, and answered alike whenever it comes again."""

import sqlite3
from collections.abc import Sequence

from app.ledger.decision import Decider, decisions
from app.ledger.errors import UnknownAccountError
from app.ledger.interface import Declined, Done, IdReused, Order, Outcome, Reason
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
from app.system.errors import LedgerError

Result = Outcome | LedgerError
"""What became of an order, or why that is not known: UnknownAccountError, or what made its own transaction fail."""


def carry_out(connection: sqlite3.Connection, decider: Decider, orders: Sequence[Order], now_ms: int) -> list[Result]:
    """Carry out each order, once, in this order; gives a result for each. Called in a transaction.

    The same order under the same id has the same outcome again and moves nothing; another order under that id is
    refused.
    """
    keyed: list[tuple[Key, Order]] = [((order.account, order.id), order) for order in orders]
    accounts = read_accounts(connection, {order.account for order in orders})
    balances = {name: state.balance for name, state in accounts.items()}
    answers = read_answers(connection, {key for key, _ in keyed})
    new: dict[Key, Order] = {}
    for key, order in keyed:
        if order.account in balances and key not in answers:
            new.setdefault(key, order)
    if new:
        answers |= _record(connection, decider, balances, new, now_ms)
    return [
        _outcome(order, answers[key]) if order.account in balances else UnknownAccountError(order.account)
        for key, order in keyed
    ]


def _record(
    connection: sqlite3.Connection, decider: Decider, balances: dict[str, int], orders: dict[Key, Order], now_ms: int
) -> dict[Key, Answer]:
    """Let new orders be decided, and write down what becomes of them; `balances` are those before and after."""
    answers: dict[Key, Answer] = {}
    entries: list[Entry] = []
    reasons = decisions(decider, balances, list(orders.values()))
    for (key, order), reason in zip(orders.items(), reasons, strict=True):
        if reason is None:
            balances[order.account] += order.change
            entries.append(Entry(*key, order.kind, order.change, balances[order.account]))
        answers[key] = Answer(order.kind, order.amount, balances[order.account], reason)
    write_answers(connection, answers.items(), now_ms)
    write_balances(connection, {entry.account: entry.balance for entry in entries})
    write_entries(connection, entries, now_ms)
    return answers


def _outcome(order: Order, answer: Answer) -> Outcome:
    if (answer.type, answer.amount) != (order.kind, order.amount):
        return IdReused()
    if answer.error is not None:
        return Declined(Reason(answer.error))
    return Done(answer.balance)
