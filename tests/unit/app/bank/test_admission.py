"""No card has all of the bank's sessions, and no dead peer bars a card: the stalest of an account gives way."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.atm.bank_address import BankAddress
from app.atm.teller import Teller
from app.bank.admission import OpenSessions
from app.bank.limits import DEFAULT_LIMITS, BankLimits
from app.bank.server import Bank, listen
from app.bank.session import BankSession
from app.credentials.address import host_and_port
from app.credentials.card import Card
from app.ledger import Ledger
from app.ledger.direct import DirectLedger
from app.protocol.messages import (
    CardAccepted,
    CardRefused,
    CardRequest,
    CheckRequest,
    DepositRequest,
    Refusal,
    Refused,
    Reply,
    encode,
    new_request_id,
    read_reply,
)
from app.protocol.secret import CardSecret
from framework import ChannelError, KeyPair, Suite
from framework.limits import MAX_CHANNELS, MAX_CHANNELS_PER_ADDRESS
from framework.registry import Registry
from tests.support.accounts import open_ledger

OTHER = CardSecret(bytes(32))


class Scene:
    """Sessions of one bank, and which of them were hung up on."""

    def __init__(self, ledger: Ledger, most: int) -> None:
        self.accounts = DirectLedger(ledger)
        self.open_sessions = OpenSessions(most)
        self.hung_up: list[BankSession] = []

    async def show(self, card: CardRequest) -> tuple[BankSession, Reply]:
        session = BankSession(self.accounts, self.open_sessions, hang_up=lambda: self.hung_up.append(session))
        return session, read_reply(await session.handle(encode(card)))

    async def open(self, card: CardRequest) -> BankSession:
        session, reply = await self.show(card)
        assert reply == CardAccepted()
        return session


@pytest.fixture
def scene(ledger: Ledger, most: int) -> Scene:
    ledger.open_account("other", OTHER.digest())
    return Scene(ledger, most)


@pytest.fixture
def most() -> int:
    """Sessions that an account may have."""
    return DEFAULT_LIMITS.sessions_per_account


ONE_SESSION = pytest.mark.parametrize("most", [1])


def test_the_bound_leaves_room_for_others() -> None:
    assert DEFAULT_LIMITS.sessions_per_account * 8 == MAX_CHANNELS
    assert DEFAULT_LIMITS.sessions_per_account < MAX_CHANNELS_PER_ADDRESS


async def test_an_account_has_so_many_and_then_its_stalest_gives_way(scene: Scene, card: Card, most: int) -> None:
    sessions = [await scene.open(card.request()) for _ in range(most)]
    other = await scene.open(CardRequest(account="other", secret=OTHER))
    assert scene.hung_up == []
    await sessions[0].handle(encode(CheckRequest(id=new_request_id())))  # it is alive, whoever else is not
    await sessions[1].handle(b"what makes no sense is a sign of life too")
    newest = [await scene.open(card.request()) for _ in range(2)]
    assert scene.hung_up == [sessions[2], sessions[3]]
    assert not newest[0].finished
    assert not other.finished
    assert sessions[2].finished
    sessions[4].end()
    await scene.open(card.request())
    assert len(scene.hung_up) == 2, "there was room"


@ONE_SESSION
async def test_a_session_that_gave_way_is_served_no_more_and_frees_no_second_place(scene: Scene, card: Card) -> None:
    first = await scene.open(card.request())
    second = await scene.open(card.request())
    request = DepositRequest(id=new_request_id(), amount=1)
    reply = read_reply(await first.handle(encode(request)))
    assert reply == Refused(type="DEPOS", id=request.id, error=Refusal.CARD_REQUIRED)
    for _ in range(2):
        first.end()
    await scene.open(card.request())
    assert scene.hung_up == [first, second]


@ONE_SESSION
async def test_a_bad_card_takes_nobodys_place(scene: Scene, card: Card) -> None:
    """And is not told how many there are."""
    bad = CardRequest(account=card.account, secret=OTHER)
    for _ in range(3):
        assert (await scene.show(bad))[1] == CardRefused(error=Refusal.CARD_REFUSED)
    await scene.open(card.request())
    assert (await scene.show(bad))[1] == CardRefused(error=Refusal.CARD_REFUSED)
    assert scene.hung_up == []


async def test_a_session_that_is_cancelled_while_its_card_is_looked_at_keeps_no_place(
    ledger: Ledger, card: Card
) -> None:
    looking, go_on = asyncio.Event(), asyncio.Event()

    class Slow(DirectLedger):
        async def card_digest(self, account: str) -> bytes | None:
            looking.set()
            await go_on.wait()
            return await super().card_digest(account)

    open_sessions = OpenSessions(1)
    session = BankSession(Slow(ledger), open_sessions, hang_up=lambda: None)
    presenting = asyncio.create_task(session.handle(encode(card.request())))
    await looking.wait()
    presenting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await presenting
    session.end()
    assert open_sessions._of == {}


@pytest.fixture
def suite(registry: Registry) -> Suite:
    return Suite.parse("aes256gcm-x25519", registry)


@pytest.fixture
def key_pair(suite: Suite) -> KeyPair:
    return suite.key_exchange.generate_key_pair()


@pytest.fixture
async def bank(ledger_path: Path, suite: Suite, key_pair: KeyPair) -> AsyncIterator[Bank]:
    async with open_ledger(ledger_path.parent) as live:
        listening = await listen(suite, key_pair, "127.0.0.1", 0, live, limits=BankLimits(sessions_per_account=2))
        async with listening.server:
            yield listening


async def test_a_card_whose_sessions_are_all_dead_gets_in_at_once(
    bank: Bank, suite: Suite, key_pair: KeyPair, card: Card, card_path: Path
) -> None:
    address = BankAddress(*host_and_port(bank.address), suite, key_pair.public_key)
    atms = [Teller.at(address, card, card_path, suite.key_exchange.generate_key_pair) for _ in range(6)]
    for atm in atms:  # none of them ever says goodbye
        await atm.connect()
        with atm.begin(CheckRequest(id=new_request_id())) as pending:
            assert (await atm.settle(pending)).ok
    streams = [atm._client._stream for atm in atms]
    for stream in streams[:4]:
        assert stream is not None
        with pytest.raises(ChannelError):
            async with asyncio.timeout(20):
                await stream.receive()
    for atm in atms[4:]:
        with atm.begin(CheckRequest(id=new_request_id())) as pending:
            assert (await atm.settle(pending)).ok
    for atm in atms:
        await atm.close()
