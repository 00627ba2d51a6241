"""One session at the bank: a card first, then requests for its account, and an answer to whatever comes."""

import hashlib
import hmac

import pytest

from app.bank import session as service
from app.bank.admission import OpenSessions
from app.bank.session import BankSession, SessionState
from app.credentials.card import Card
from app.ledger import Declined, Done, IdReused, Kind, Ledger, Order, Outcome, Reason
from app.ledger.direct import DirectLedger
from app.protocol.messages import (
    Accepted,
    AccountRequest,
    CardAccepted,
    CardRefused,
    CardRequest,
    CheckRequest,
    DepositRequest,
    Refusal,
    Refused,
    Reply,
    Request,
    Unintelligible,
    WithdrawRequest,
    encode,
    new_request_id,
    read_reply,
)
from app.protocol.secret import CardSecret
from app.system.errors import LedgerError
from tests.support.accounts import deposit

WRONG = CardSecret(bytes(32))


def a_session(ledger: Ledger) -> BankSession:
    return BankSession(DirectLedger(ledger), OpenSessions(8), hang_up=lambda: None)


@pytest.fixture
def session(ledger: Ledger, card: Card) -> BankSession:
    ledger.open_account("other", WRONG.digest())
    ledger.apply(deposit(1000, card.account))
    return a_session(ledger)


async def say(session: BankSession, request: Request) -> Reply:
    return read_reply(await session.handle(encode(request)))


async def test_a_card_and_then_requests(session: BankSession, card: Card) -> None:
    assert session.state is SessionState.EXPECT_CARD
    assert await say(session, card.request()) == CardAccepted()
    assert (session.state, session.account) == (SessionState.SERVING, "demo")
    for request, balance in (
        (CheckRequest(id=new_request_id()), 1000),
        (DepositRequest(id=new_request_id(), amount=5), 1005),
        (WithdrawRequest(id=new_request_id(), amount=1005), 0),
    ):
        assert await say(session, request) == Accepted(type=request.type, id=request.id, balance=balance)
    assert not session.finished


@pytest.mark.parametrize(
    "asked",
    [
        CheckRequest(id=new_request_id()),
        DepositRequest(id=new_request_id(), amount=1),
        WithdrawRequest(id=new_request_id(), amount=1),
    ],
)
async def test_a_request_before_a_card_is_refused_and_ends_the_session(
    session: BankSession, ledger: Ledger, card: Card, asked: AccountRequest
) -> None:
    refused = Refused(type=asked.type, id=asked.id, error=Refusal.CARD_REQUIRED)
    assert await say(session, asked) == refused
    assert (session.state, session.account, session.finished) == (SessionState.CLOSED, None, True)
    assert await say(session, card.request()) == CardRefused(error=Refusal.CARD_REFUSED)
    assert await say(session, asked) == refused
    assert ledger.verify().total == 1000


async def test_a_request_that_lacked_a_card_may_be_repeated_with_one(
    session: BankSession, ledger: Ledger, card: Card
) -> None:
    request = WithdrawRequest(id=new_request_id(), amount=1)
    await say(a_session(ledger), request)
    await say(session, card.request())
    assert await say(session, request) == Accepted(type="WITHD", id=request.id, balance=999)


@pytest.mark.parametrize(
    "wrong",
    [
        CardRequest(account="demo", secret=WRONG),
        CardRequest(account="nobody", secret=WRONG),
        CardRequest(account="demo", secret=CardSecret(b"\xff" * 32)),
    ],
)
async def test_a_bad_card_ends_the_session_and_does_not_tell_why(
    session: BankSession, card: Card, wrong: CardRequest
) -> None:
    assert await session.handle(encode(wrong)) == b'{"type":"CARD","ok":false,"error":"card-refused"}'
    assert session.finished
    assert session.account is None
    assert await say(session, card.request()) == CardRefused(error=Refusal.CARD_REFUSED)
    request = CheckRequest(id=new_request_id())
    assert await say(session, request) == Refused(type="CHECK", id=request.id, error=Refusal.CARD_REQUIRED)


async def test_the_card_of_one_account_opens_no_other(session: BankSession, card: Card) -> None:
    assert await say(session, CardRequest(account="other", secret=card.secret)) == CardRefused(
        error=Refusal.CARD_REFUSED
    )


async def test_an_unknown_account_is_compared_in_constant_time_too(
    ledger: Ledger, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return left == right

    monkeypatch.setattr(hmac, "compare_digest", compare)
    await say(a_session(ledger), CardRequest(account="nobody", secret=WRONG))
    await say(a_session(ledger), CardRequest(account="demo", secret=WRONG))
    digest = hashlib.sha256(bytes(32)).digest()
    assert compared == [(digest, bytes(32)), (digest, card.secret.digest())]


async def test_no_digest_lets_anyone_into_an_account_that_is_not_there(
    session: BankSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_NO_DIGEST", WRONG.digest())
    assert await say(session, CardRequest(account="nobody", secret=WRONG)) == CardRefused(error=Refusal.CARD_REFUSED)


async def test_a_second_card_is_refused_and_the_first_stays(session: BankSession, card: Card) -> None:
    await say(session, card.request())
    for second in (card.request(), CardRequest(account="other", secret=WRONG), CardRequest(account="x", secret=WRONG)):
        assert await say(session, second) == CardRefused(error=Refusal.CARD_ALREADY_PRESENTED)
    assert (session.account, session.finished) == ("demo", False)
    request = CheckRequest(id=new_request_id())
    assert await say(session, request) == Accepted(type="CHECK", id=request.id, balance=1000)


@pytest.mark.parametrize("presented", [False, True])
@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xff",
        b"{}",
        b"x" * 1_000_000,
        b'{"type":"WITHD","id":"00000000000000000000000000000000","amount":-5}',
        b'{"type":"DEPOS","id":"00000000000000000000000000000000","amount":1e9}',
        b'{"type":"DEPOS","id":"00000000000000000000000000000000","amount":0}',
    ],
)
async def test_what_makes_no_sense_is_answered_and_moves_nothing(
    session: BankSession, ledger: Ledger, card: Card, message: bytes, presented: bool
) -> None:
    if presented:
        await say(session, card.request())
    assert read_reply(await session.handle(message)) == Unintelligible()
    assert session.state is (SessionState.SERVING if presented else SessionState.CLOSED)
    assert ledger.verify().entries == 1


async def test_two_sessions_share_the_ids_of_their_account(session: BankSession, ledger: Ledger, card: Card) -> None:
    second = a_session(ledger)
    request = WithdrawRequest(id=new_request_id(), amount=400)
    for one in (session, second):
        await say(one, card.request())
        assert await say(one, request) == Accepted(type="WITHD", id=request.id, balance=600)


async def test_accounts_do_not_share_ids(session: BankSession, ledger: Ledger, card: Card) -> None:
    request = DepositRequest(id=new_request_id(), amount=1)
    other = a_session(ledger)
    await say(session, card.request())
    await say(other, CardRequest(account="other", secret=WRONG))
    assert await say(session, request) == Accepted(type="DEPOS", id=request.id, balance=1001)
    assert await say(other, request) == Accepted(type="DEPOS", id=request.id, balance=1)


async def test_a_failing_ledger_is_for_the_caller(session: BankSession, ledger: Ledger, card: Card) -> None:
    await say(session, card.request())
    ledger.close()
    with pytest.raises(LedgerError):
        await session.handle(encode(CheckRequest(id=new_request_id())))


MoneyRequest = DepositRequest | WithdrawRequest


class Foretold(DirectLedger):
    """Answers every order alike."""

    def __init__(self, ledger: Ledger, outcome: Outcome) -> None:
        super().__init__(ledger)
        self._outcome = outcome
        self.asked: list[Order] = []

    async def apply(self, order: Order) -> Outcome:
        self.asked.append(order)
        return self._outcome


@pytest.mark.parametrize(("kind", "asked"), [(Kind.DEPOSIT, DepositRequest), (Kind.WITHDRAWAL, WithdrawRequest)])
@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (Done(17), None),
        *((Declined(reason), reason.value) for reason in Reason),
        (IdReused(), "request-id-reused"),
    ],
)
async def test_each_outcome_has_its_reply(
    ledger: Ledger,
    card: Card,
    kind: Kind,
    asked: type[DepositRequest | WithdrawRequest],
    outcome: Outcome,
    error: str | None,
) -> None:
    accounts = Foretold(ledger, outcome)
    session = BankSession(accounts, OpenSessions(8), hang_up=lambda: None)
    await say(session, card.request())
    request = asked(id=new_request_id(), amount=3)
    reply = await say(session, request)
    if error is None:
        assert reply == Accepted(type=request.type, id=request.id, balance=17)
    else:
        assert reply == Refused(type=request.type, id=request.id, error=Refusal(error))
    assert accounts.asked == [Order("demo", request.id, kind, 3)]


def test_no_amount_is_in_a_repr() -> None:
    order = Order("demo", "0" * 32, Kind.DEPOSIT, 471_147)
    for value in (order, Done(471_147), [order]):
        assert "471147" not in repr(value)
