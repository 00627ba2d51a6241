"""One session at the bank: a card first, then requests for its account, and an answer to whatever comes."""

import hashlib
import hmac

import pytest

from app import service
from app.card import Card
from app.errors import LedgerError
from app.ledger import Ledger
from app.messages import (
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
from app.open_sessions import OpenSessions
from app.secret import CardSecret
from app.service import BankSession, SessionState

WRONG = CardSecret(bytes(32))


@pytest.fixture
def session(ledger: Ledger, card: Card) -> BankSession:
    ledger.open_account("other", WRONG.digest())
    ledger.apply(card.account, DepositRequest(id=new_request_id(), amount=1000))
    return BankSession(ledger, OpenSessions())


def say(session: BankSession, request: Request) -> Reply:
    return read_reply(session.handle(encode(request)))


def test_a_card_and_then_requests(session: BankSession, card: Card) -> None:
    assert session.state is SessionState.EXPECT_CARD
    assert say(session, card.request()) == CardAccepted()
    assert (session.state, session.account) == (SessionState.SERVING, "demo")
    for request, balance in (
        (CheckRequest(id=new_request_id()), 1000),
        (DepositRequest(id=new_request_id(), amount=5), 1005),
        (WithdrawRequest(id=new_request_id(), amount=1005), 0),
    ):
        assert say(session, request) == Accepted(type=request.type, id=request.id, balance=balance)
    assert not session.finished


@pytest.mark.parametrize(
    "asked",
    [
        CheckRequest(id=new_request_id()),
        DepositRequest(id=new_request_id(), amount=1),
        WithdrawRequest(id=new_request_id(), amount=1),
    ],
)
def test_a_request_before_a_card_is_refused_and_ends_the_session(
    session: BankSession, ledger: Ledger, card: Card, asked: AccountRequest
) -> None:
    refused = Refused(type=asked.type, id=asked.id, error=Refusal.CARD_REQUIRED)
    assert say(session, asked) == refused
    assert (session.state, session.account, session.finished) == (SessionState.CLOSED, None, True)
    assert say(session, card.request()) == CardRefused(error=Refusal.CARD_REFUSED)
    assert say(session, asked) == refused
    assert ledger.verify().total == 1000


def test_a_request_that_lacked_a_card_may_be_repeated_with_one(
    session: BankSession, ledger: Ledger, card: Card
) -> None:
    request = WithdrawRequest(id=new_request_id(), amount=1)
    say(BankSession(ledger, OpenSessions()), request)
    say(session, card.request())
    assert say(session, request) == Accepted(type="WITHD", id=request.id, balance=999)


@pytest.mark.parametrize(
    "wrong",
    [
        CardRequest(account="demo", secret=WRONG),
        CardRequest(account="nobody", secret=WRONG),
        CardRequest(account="demo", secret=CardSecret(b"\xff" * 32)),
    ],
)
def test_a_bad_card_ends_the_session_and_does_not_tell_why(
    session: BankSession, card: Card, wrong: CardRequest
) -> None:
    assert session.handle(encode(wrong)) == b'{"type":"CARD","ok":false,"error":"card-refused"}'
    assert session.finished
    assert session.account is None
    assert say(session, card.request()) == CardRefused(error=Refusal.CARD_REFUSED)
    request = CheckRequest(id=new_request_id())
    assert say(session, request) == Refused(type="CHECK", id=request.id, error=Refusal.CARD_REQUIRED)


def test_the_card_of_one_account_opens_no_other(session: BankSession, card: Card) -> None:
    assert say(session, CardRequest(account="other", secret=card.secret)) == CardRefused(error=Refusal.CARD_REFUSED)


def test_an_unknown_account_is_compared_in_constant_time_too(
    ledger: Ledger, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return left == right

    monkeypatch.setattr(hmac, "compare_digest", compare)
    say(BankSession(ledger, OpenSessions()), CardRequest(account="nobody", secret=WRONG))
    say(BankSession(ledger, OpenSessions()), CardRequest(account="demo", secret=WRONG))
    digest = hashlib.sha256(bytes(32)).digest()
    assert compared == [(digest, bytes(32)), (digest, card.secret.digest())]


def test_no_digest_lets_anyone_into_an_account_that_is_not_there(
    session: BankSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_NO_DIGEST", WRONG.digest())
    assert say(session, CardRequest(account="nobody", secret=WRONG)) == CardRefused(error=Refusal.CARD_REFUSED)


def test_a_second_card_is_refused_and_the_first_stays(session: BankSession, card: Card) -> None:
    say(session, card.request())
    for second in (card.request(), CardRequest(account="other", secret=WRONG), CardRequest(account="x", secret=WRONG)):
        assert say(session, second) == CardRefused(error=Refusal.CARD_ALREADY_PRESENTED)
    assert (session.account, session.finished) == ("demo", False)
    request = CheckRequest(id=new_request_id())
    assert say(session, request) == Accepted(type="CHECK", id=request.id, balance=1000)


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
def test_what_makes_no_sense_is_answered_and_moves_nothing(
    session: BankSession, ledger: Ledger, card: Card, message: bytes, presented: bool
) -> None:
    if presented:
        say(session, card.request())
    assert read_reply(session.handle(message)) == Unintelligible()
    assert session.state is (SessionState.SERVING if presented else SessionState.CLOSED)
    assert ledger.verify().entries == 1


def test_two_sessions_share_the_ids_of_their_account(session: BankSession, ledger: Ledger, card: Card) -> None:
    second = BankSession(ledger, OpenSessions())
    request = WithdrawRequest(id=new_request_id(), amount=400)
    for one in (session, second):
        say(one, card.request())
        assert say(one, request) == Accepted(type="WITHD", id=request.id, balance=600)


def test_accounts_do_not_share_ids(session: BankSession, ledger: Ledger, card: Card) -> None:
    request = DepositRequest(id=new_request_id(), amount=1)
    other = BankSession(ledger, OpenSessions())
    say(session, card.request())
    say(other, CardRequest(account="other", secret=WRONG))
    assert say(session, request) == Accepted(type="DEPOS", id=request.id, balance=1001)
    assert say(other, request) == Accepted(type="DEPOS", id=request.id, balance=1)


def test_a_failing_ledger_is_for_the_caller(session: BankSession, ledger: Ledger, card: Card) -> None:
    say(session, card.request())
    ledger.close()
    with pytest.raises(LedgerError):
        session.handle(encode(CheckRequest(id=new_request_id())))
