"""A session's time to show its card is the card's alone; and cards that are busy keep no other waiting."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.bank.limits import DEFAULT_LIMITS, BankLimits
from app.bank.server import Bank, listen
from app.ledger import Accounts, Kind, Ledger, Order, Outcome
from app.ledger.database import Database
from app.ledger.direct import DirectLedger
from app.protocol.messages import (
    Accepted,
    CardAccepted,
    CardRequest,
    CheckRequest,
    DepositRequest,
    Reply,
    Request,
    encode,
    new_request_id,
    read_reply,
)
from app.protocol.names import APPLICATION, SERVER_NAME
from app.protocol.secret import CardSecret
from framework import KeyPair, Suite, open_channel
from framework.aio import ChannelStream
from framework.registry import Registry
from tests.support.accounts import deposit, open_ledger

SECRET = CardSecret(bytes(32))
PATIENCE = 20
HURRIED = BankLimits(card_seconds=0.2)


@pytest.fixture
def suite(registry: Registry) -> Suite:
    return Suite.parse("aes256gcm-x25519", registry)


@pytest.fixture
def key_pair(suite: Suite) -> KeyPair:
    return suite.key_exchange.generate_key_pair()


@asynccontextmanager
async def listening(
    suite: Suite, key_pair: KeyPair, accounts: Accounts, limits: BankLimits = DEFAULT_LIMITS
) -> AsyncIterator[Bank]:
    bank = await listen(suite, key_pair, "127.0.0.1", 0, accounts, limits=limits)
    async with bank.server:
        yield bank


@asynccontextmanager
async def channel(bank: Bank, suite: Suite, key_pair: KeyPair) -> AsyncIterator[ChannelStream]:
    host, port = bank.server.address
    stream = await open_channel(
        host, port, suite, key_pair.public_key, application=APPLICATION, server_name=SERVER_NAME
    )
    try:
        yield stream
    finally:
        stream.abort()
        await stream.close()


async def ask(stream: ChannelStream, request: Request) -> Reply:
    await stream.send(encode(request))
    async with asyncio.timeout(PATIENCE):
        return read_reply(await stream.receive() or b"")


class Slow(DirectLedger):
    """Takes longer over a card than a card may take to arrive."""

    async def card_digest(self, account: str) -> bytes | None:
        await asyncio.sleep(0.5)
        return await super().card_digest(account)


async def test_the_ledgers_time_is_not_the_cards(ledger: Ledger, suite: Suite, key_pair: KeyPair) -> None:
    ledger.open_account("demo", SECRET.digest())
    async with listening(suite, key_pair, Slow(ledger), HURRIED) as bank, channel(bank, suite, key_pair) as stream:
        assert await ask(stream, CardRequest(account="demo", secret=SECRET)) == CardAccepted()


async def test_a_channel_without_a_card_ends_when_its_time_is_over(
    ledger: Ledger, suite: Suite, key_pair: KeyPair
) -> None:
    accounts = DirectLedger(ledger)
    async with listening(suite, key_pair, accounts, HURRIED) as bank, channel(bank, suite, key_pair) as stream:
        async with asyncio.timeout(DEFAULT_LIMITS.card_seconds - 1):
            assert await stream.receive() is None


@pytest.mark.parametrize("limits", [BankLimits(idle_seconds=0.3), BankLimits(lifetime_seconds=0.3)])
async def test_a_channel_that_is_silent_or_old_ends(
    ledger: Ledger, suite: Suite, key_pair: KeyPair, limits: BankLimits
) -> None:
    accounts = DirectLedger(ledger)
    ledger.open_account("demo", SECRET.digest())
    async with listening(suite, key_pair, accounts, limits) as bank, channel(bank, suite, key_pair) as stream:
        assert await ask(stream, CardRequest(account="demo", secret=SECRET)) == CardAccepted()
        async with asyncio.timeout(PATIENCE):
            assert await stream.receive() is None


class Counting:
    """Passes requests on, and notes how many transactions the deposits of one card wait for."""

    def __init__(self, accounts: Accounts, card: str, transactions: Callable[[], int]) -> None:
        self._accounts = accounts
        self._card = card
        self._transactions = transactions
        self.waited: list[int] = []

    async def card_digest(self, account: str) -> bytes | None:
        return await self._accounts.card_digest(account)

    async def balance(self, account: str) -> int:
        return await self._accounts.balance(account)

    async def apply(self, order: Order) -> Outcome:
        before = self._transactions()
        outcome = await self._accounts.apply(order)
        if order.account == self._card and order.kind is Kind.DEPOSIT:
            self.waited.append(self._transactions() - before)
        return outcome


async def test_busy_cards_keep_nobody_from_logging_in_nor_from_their_turn(
    ledger_path: Path, suite: Suite, key_pair: KeyPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three cards with many sessions each, and 4 requests in a transaction."""
    with Ledger(ledger_path) as ledger:
        for name in ("a", "b", "c", "modest"):
            ledger.open_account(name, SECRET.digest())
    plain = Database._commit
    transactions = 0

    def counted(database: Database) -> None:
        nonlocal transactions
        plain(database)
        transactions += 1

    monkeypatch.setattr(Database, "_commit", counted)
    async with open_ledger(ledger_path.parent, max_batch=4) as live:
        accounts = Counting(live, "modest", lambda: transactions)
        done = asyncio.Event()

        async def busy(name: str) -> None:
            while not done.is_set():
                await accounts.apply(deposit(account=name))

        async with listening(suite, key_pair, accounts) as bank:
            at_work = [asyncio.create_task(busy(name)) for name in "abc" for _ in range(100)]
            await asyncio.sleep(0)
            async with channel(bank, suite, key_pair) as stream:
                assert await ask(stream, CardRequest(account="modest", secret=SECRET)) == CardAccepted()
                for balance in (1, 2, 3):
                    look, put = CheckRequest(id=new_request_id()), DepositRequest(id=new_request_id(), amount=1)
                    assert await ask(stream, look) == Accepted(type="CHECK", id=look.id, balance=balance - 1)
                    assert await ask(stream, put) == Accepted(type="DEPOS", id=put.id, balance=balance)
            done.set()
            await asyncio.gather(*at_work)
    # The one that is under way, and its own. In one line for all, 300 requests would be before each: 75 transactions.
    assert len(accounts.waited) == 3
    assert max(accounts.waited) <= 2
