"""A bank's ledger for a test: that of a running bank, one without threads, and what it is asked."""

from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from app.bank import enrolment
from app.bank.session import answer
from app.credentials.card import Card
from app.credentials.public_key import BankIdentity
from app.ledger import Kind, Ledger, Order
from app.ledger.decision import IN_THE_CLEAR, Decider
from app.ledger.direct import DirectLedger
from app.ledger.live import MAX_BATCH, QUICK_BYTES, LiveLedger
from app.ledger.occupancy import occupied
from app.protocol.messages import AccountReply, AccountRequest, new_request_id

T = TypeVar("T")


def deposit(amount: int = 1, account: str = "demo") -> Order:
    """A new order to deposit."""
    return Order(account, new_request_id(), Kind.DEPOSIT, amount)


def withdraw(amount: int = 1, account: str = "demo") -> Order:
    """A new order to withdraw."""
    return Order(account, new_request_id(), Kind.WITHDRAWAL, amount)


def apply(ledger: Ledger, account: str, request: AccountRequest) -> AccountReply:
    """Answer a request as a session at the bank does."""
    return at_once(answer(DirectLedger(ledger), account, request))


def open_account_with_card(ledger: Ledger, name: str, path: Path, bank: BankIdentity | None = None) -> Card:
    """Open an account as an operator does."""
    return at_once(enrolment.open_account_with_card(DirectLedger(ledger), name, path, bank))


def ensure_account_with_card(ledger: Ledger, name: str, path: Path, bank: BankIdentity | None = None) -> Card:
    """Have an account as the main job has its own."""
    return at_once(enrolment.ensure_account_with_card(DirectLedger(ledger), name, path, bank))


def at_once(asked: Coroutine[object, None, T]) -> T:
    """Give what a `DirectLedger` answers. It never waits, so a loop that runs may be left alone."""
    try:
        asked.send(None)
    except StopIteration as answered:
        result: T = answered.value
        return result
    raise RuntimeError("a DirectLedger never waits")


@asynccontextmanager
async def open_ledger(
    data_dir: Path,
    *,
    decider: Decider = IN_THE_CLEAR,
    max_batch: int = MAX_BATCH,
    quick_bytes: int = QUICK_BYTES,
) -> AsyncIterator[LiveLedger]:
    """The ledger of a data directory, as a bank opens it."""
    with occupied(data_dir) as occupancy:
        async with LiveLedger(occupancy, decider=decider, max_batch=max_batch, quick_bytes=quick_bytes) as live:
            yield live
