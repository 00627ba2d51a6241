"""No card has all of the bank's sessions: an account's are counted, from its good card to the end of each."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import app.open_sessions
from app.address import host_and_port
from app.atm import Atm, BankAddress
from app.bank import Bank, LedgerThread, listen
from app.card import Card
from app.errors import RefusedByBankError
from app.ledger import Ledger
from app.messages import (
    CardAccepted,
    CardRefused,
    CardRequest,
    CheckRequest,
    Refusal,
    encode,
    new_request_id,
    read_reply,
)
from app.open_sessions import MAX_SESSIONS_PER_ACCOUNT, OpenSessions
from app.secret import CardSecret
from app.service import BankSession
from framework import KeyPair, Suite
from framework.limits import MAX_CHANNELS, MAX_CHANNELS_PER_ADDRESS
from framework.registry import Registry

OTHER = CardSecret(bytes(32))
TOO_MANY = CardRefused(error=Refusal.TOO_MANY_SESSIONS)


def shown(session: BankSession, card: CardRequest) -> object:
    return read_reply(session.handle(encode(card)))


def test_the_bound_leaves_room_for_others() -> None:
    assert MAX_SESSIONS_PER_ACCOUNT * 8 == MAX_CHANNELS
    assert MAX_SESSIONS_PER_ACCOUNT < MAX_CHANNELS_PER_ADDRESS


def test_an_account_has_so_many_and_no_more(ledger: Ledger, card: Card) -> None:
    ledger.open_account("other", OTHER.digest())
    counted = OpenSessions()
    sessions = [BankSession(ledger, counted) for _ in range(MAX_SESSIONS_PER_ACCOUNT)]
    assert [shown(session, card.request()) for session in sessions] == [CardAccepted()] * MAX_SESSIONS_PER_ACCOUNT
    late = BankSession(ledger, counted)
    assert shown(late, card.request()) == TOO_MANY
    assert late.finished
    late.end()  # it had no place to give back
    assert shown(BankSession(ledger, counted), card.request()) == TOO_MANY
    assert shown(BankSession(ledger, counted), CardRequest(account="other", secret=OTHER)) == CardAccepted()
    for _ in range(2):  # the second time it has none any more
        sessions[0].end()
    assert shown(BankSession(ledger, counted), card.request()) == CardAccepted()
    assert shown(BankSession(ledger, counted), card.request()) == TOO_MANY


def test_a_bad_card_takes_nobodys_place(ledger: Ledger, card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is not told how many there are."""
    monkeypatch.setattr(app.open_sessions, "MAX_SESSIONS_PER_ACCOUNT", 1)
    counted, bad = OpenSessions(), CardRequest(account=card.account, secret=OTHER)
    for _ in range(3):
        assert shown(BankSession(ledger, counted), bad) == CardRefused(error=Refusal.CARD_REFUSED)
    assert shown(BankSession(ledger, counted), card.request()) == CardAccepted()
    assert shown(BankSession(ledger, counted), bad) == CardRefused(error=Refusal.CARD_REFUSED)


async def test_a_session_that_is_cancelled_while_its_card_is_looked_at_keeps_no_place(
    ledger_path: Path, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.open_sessions, "MAX_SESSIONS_PER_ACCOUNT", 1)
    looking, go_on = threading.Event(), threading.Event()
    real = OpenSessions.enter

    def enter(counted: OpenSessions, account: str) -> bool:
        looking.set()
        go_on.wait(20)
        return real(counted, account)

    monkeypatch.setattr(OpenSessions, "enter", enter)
    async with LedgerThread(ledger_path) as thread:
        session = thread.session()
        presenting = asyncio.create_task(thread.run(session.handle, encode(card.request())))
        await asyncio.to_thread(looking.wait, 20)
        presenting.cancel()
        thread.end(session)
        go_on.set()
        again = thread.session()
        assert read_reply(await thread.run(again.handle, encode(card.request()))) == CardAccepted()
        thread.end(again)


@pytest.fixture
def suite(registry: Registry) -> Suite:
    return Suite.parse("aes256gcm-x25519", registry)


@pytest.fixture
def key_pair(suite: Suite) -> KeyPair:
    return suite.key_exchange.generate_key_pair()


@pytest.fixture
async def bank(ledger_path: Path, suite: Suite, key_pair: KeyPair) -> AsyncIterator[Bank]:
    async with LedgerThread(ledger_path) as thread:
        listening = await listen(suite, key_pair, "127.0.0.1", 0, thread)
        async with listening.server:
            yield listening


async def test_an_atm_is_told_and_may_come_again_when_another_has_left(
    bank: Bank, suite: Suite, key_pair: KeyPair, card: Card, card_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.open_sessions, "MAX_SESSIONS_PER_ACCOUNT", 2)
    address = BankAddress(*host_and_port(bank.address), suite, key_pair.public_key)
    first, second, third = (Atm(address, card, card_path, suite.key_exchange.generate_key_pair) for _ in range(3))
    await first.connect()
    await second.connect()
    with pytest.raises(RefusedByBankError, match="has too many sessions open; end some, and try again"):
        await third.connect()
    await first.close()
    async with asyncio.timeout(20):
        while True:  # until the bank has noticed
            try:
                await third.connect()
                break
            except RefusedByBankError:
                pass
    with third.begin(CheckRequest(id=new_request_id())) as pending:
        assert (await third.settle(pending)).ok
    await second.close()
    await third.close()
