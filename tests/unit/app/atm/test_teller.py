"""The teller without a console: a script in an event loop is an adapter of it, with no screen and no signals."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from app.atm.bank_address import BankAddress
from app.atm.events import Completed, Damaged, Event, OpenElsewhere, StillOpen, Unanswered, Untold
from app.atm.pending.mark import Destination
from app.atm.pending.store import PendingRequests
from app.atm.teller import Teller
from app.credentials.card import Card
from app.credentials.public_key import BankIdentity, BankKeys
from app.ledger import Ledger
from app.protocol.messages import (
    Accepted,
    AccountReply,
    CardAccepted,
    CardRequest,
    CheckRequest,
    DepositRequest,
    Unintelligible,
    WithdrawRequest,
    encode,
    new_request_id,
    read_request,
)
from app.protocol.names import APPLICATION, SERVER_NAME
from app.system.errors import FileError
from framework import KeyPair, Suite, serve
from framework.aio import ChannelStream, Server
from framework.registry import Registry
from tests.support.accounts import apply
from tests.unit.app.atm.desk import Desk, deposit

MoneyRequest = DepositRequest | WithdrawRequest


class ScriptedAtm:
    """Serves requests in the order of a script, and keeps what it would show."""

    def __init__(self, teller: Teller) -> None:
        self.shown: list[Event | AccountReply] = []
        self._teller = teller

    async def begin_the_day(self) -> None:
        for pending in self._teller.unanswered():
            with pending:
                reply = await self._teller.settle(pending)
                self.shown.append(Completed(pending.request, reply))
                self._teller.forget(pending)
        self.shown += [*self._teller.notices(), *self._teller.damaged()]

    async def serve(self, request: MoneyRequest | CheckRequest) -> None:
        await self._teller.ready()
        with self._teller.begin(request) as pending:
            try:
                reply = await self._teller.settle(pending)
            except asyncio.CancelledError:
                doubt = self._teller.doubt(request)
                self.shown += [doubt] if doubt else []
                raise
            self.shown.append(reply)
            self._teller.forget(pending)


class ForgetfulBank:
    """A bank that carries out all that it is asked, and keeps the first answers to itself."""

    def __init__(self, ledger: Ledger, account: str, kept: int) -> None:
        self.has_kept = asyncio.Event()
        self._ledger, self._account, self._kept = ledger, account, kept

    async def handle(self, stream: ChannelStream) -> None:
        async for message in stream:
            request = read_request(message)
            if isinstance(request, CardRequest):
                await stream.send(encode(CardAccepted()))
                continue
            reply = apply(self._ledger, self._account, request)
            if self._kept:
                self._kept -= 1
                self.has_kept.set()
                continue
            await stream.send(encode(reply))


@pytest.fixture
def suite(registry: Registry) -> Suite:
    return Suite.parse("aes256gcm-x25519", registry)


@pytest.fixture
def key_pair(suite: Suite) -> KeyPair:
    return suite.key_exchange.generate_key_pair()


NewTeller = Callable[[Server], Teller]


@pytest.fixture
def new_teller(card: Card, card_path: Path, suite: Suite, key_pair: KeyPair) -> NewTeller:
    def make(server: Server) -> Teller:
        bank = BankAddress("127.0.0.1", server.address[1], suite, key_pair.public_key)
        return Teller.at(bank, card, card_path, suite.key_exchange.generate_key_pair)

    return make


async def test_an_atm_that_is_a_script(
    ledger: Ledger, card: Card, suite: Suite, key_pair: KeyPair, new_teller: NewTeller
) -> None:
    """Of two requests one is cut short when the bank has carried it out; the next morning it is settled, once."""
    bank = ForgetfulBank(ledger, card.account, kept=1)
    server = await serve(bank.handle, "127.0.0.1", 0, suite, key_pair, application=APPLICATION, server_name=SERVER_NAME)
    lost, served = deposit(500), deposit(700)
    async with server:
        teller = new_teller(server)
        atm = ScriptedAtm(teller)
        visit = asyncio.create_task(atm.serve(lost))
        await bank.has_kept.wait()
        visit.cancel()
        with pytest.raises(asyncio.CancelledError):
            await visit
        assert atm.shown == [Unanswered(lost)]
        await teller.close()

        teller = new_teller(server)
        atm = ScriptedAtm(teller)
        await atm.serve(served)
        assert atm.shown == [Accepted(type="DEPOS", id=served.id, balance=1200)]
        assert list(teller.notices()) == [StillOpen((lost,))]
        await teller.close()

        teller = new_teller(server)
        atm = ScriptedAtm(teller)
        await atm.begin_the_day()
        assert atm.shown == [Completed(lost, Accepted(type="DEPOS", id=lost.id, balance=500))]
        check = CheckRequest(id=new_request_id())
        await atm.serve(check)
        assert atm.shown[1:] == [Accepted(type="CHECK", id=check.id, balance=1200)]
        await teller.close()
    ledger.verify()
    assert ledger.balance(card.account) == 1200


async def test_an_answer_that_comes_late_is_not_taken_for_that_of_the_next_request(
    suite: Suite, key_pair: KeyPair, new_teller: NewTeller
) -> None:
    asked, goes_on = asyncio.Event(), asyncio.Event()
    channels = 0

    async def answer_the_first_late(stream: ChannelStream) -> None:
        nonlocal channels
        channels += 1
        await stream.receive()
        await stream.send(encode(CardAccepted()))
        async for message in stream:
            if not asked.is_set():
                asked.set()
                await goes_on.wait()
                await stream.send(encode(Unintelligible()))  # the one answer that names no request
                continue
            request = read_request(message)
            assert not isinstance(request, CardRequest)
            await stream.send(encode(Accepted(type=request.type, id=request.id, balance=0)))

    late, served = deposit(), deposit()
    server = await serve(
        answer_the_first_late, "127.0.0.1", 0, suite, key_pair, application=APPLICATION, server_name=SERVER_NAME
    )
    async with server:
        teller = new_teller(server)
        atm = ScriptedAtm(teller)
        visit = asyncio.create_task(atm.serve(late))
        await asked.wait()
        visit.cancel()
        with pytest.raises(asyncio.CancelledError):
            await visit
        goes_on.set()
        await atm.serve(served)
        assert atm.shown == [Unanswered(late), Accepted(type="DEPOS", id=served.id, balance=0)]
        await teller.close()
    assert channels == 2


async def test_an_answer_is_in_doubt_until_it_was_told(desk: Desk) -> None:
    teller, request = desk.teller(), deposit()
    assert teller.doubt(request) is None
    with teller.begin(request) as pending:
        assert teller.doubt(request) == Unanswered(request)
        await teller.settle(pending)
        assert teller.doubt(request, answered=True) == Untold(request)
        teller.forget(pending)
    assert teller.doubt(request, answered=True) is None


async def test_a_request_that_was_let_go_before_it_was_forgotten_is_told(desk: Desk) -> None:
    teller, request = desk.teller(), deposit()
    with teller.begin(request) as pending:
        await teller.settle(pending)
    with pytest.raises(FileError, match="let go before it was forgotten"):
        teller.forget(pending)
    assert teller.remembers(request)


async def test_what_fails_when_the_record_has_gone_is_nothing_to_be_told_of(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    teller, request = desk.teller(), deposit()
    with teller.begin(request) as pending:
        done = pending.done

        def fail_late() -> None:
            done()
            raise OSError

        monkeypatch.setattr(pending, "done", fail_late)
        await teller.settle(pending)
        teller.forget(pending)
    assert desk.records() == []
    with teller.begin(deposit()) as pending:

        def fail_early() -> None:
            raise OSError

        monkeypatch.setattr(pending, "done", fail_early)
        with pytest.raises(OSError):  # noqa: PT011 - its text is the system's
            teller.forget(pending)


def test_what_is_open_elsewhere_or_damaged_is_told(desk: Desk, card: Card, card_path: Path) -> None:
    elsewhere, damaged = deposit(100), deposit(200)
    other = Destination(BankKeys(BankIdentity(bytes(32))))
    PendingRequests(card_path, card, other).begin(elsewhere).release()
    desk.pending.begin(damaged).release()
    [record] = [path for path in Path(f"{card_path}.pending").iterdir() if path.name.startswith(damaged.id)]
    record.write_bytes(b"no request")
    here = Destination(BankKeys(BankIdentity(bytes(range(32)))))
    teller = Teller(desk.bank(), PendingRequests(card_path, card, here))
    assert teller.unanswered() == []
    [notice] = teller.notices()
    assert isinstance(notice, OpenElsewhere)
    assert notice.request == elsewhere
    [told] = teller.damaged()
    assert isinstance(told, Damaged)
    assert told.path.name.startswith(damaged.id)
