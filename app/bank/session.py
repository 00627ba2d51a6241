"""The bank's side of one session, as a state machine: a message in, a reply out, and no I/O but the ledger's."""

import hmac
from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from app.bank.admission import OpenSessions
from app.ledger import Accounts, Declined, Done, IdReused, Kind, Order, Reason
from app.protocol.messages import (
    Accepted,
    AccountReply,
    AccountRequest,
    CardAccepted,
    CardRefused,
    CardRequest,
    CheckRequest,
    DepositRequest,
    Refusal,
    Refused,
    Reply,
    Unintelligible,
    encode,
    read_request,
)
from app.system.errors import MessageError

_NO_DIGEST: Final = bytes(32)
"""Compared with when the account is unknown. Nobody knows a secret whose SHA-256 this is, and it is never trusted."""


class SessionState(Enum):
    """What the session waits for."""

    EXPECT_CARD = auto()
    SERVING = auto()
    CLOSED = auto()


_WHY_DECLINED: Final = {
    Reason.INSUFFICIENT_FUNDS: Refusal.INSUFFICIENT_FUNDS,
    Reason.BALANCE_LIMIT: Refusal.BALANCE_LIMIT,
}


async def answer(accounts: Accounts, account: str, request: AccountRequest) -> AccountReply:
    """Ask the ledger what a request asks for, and say in the words of the wire what has become of it.

    What the reply says is on the disk when this returns. Raises LedgerError.
    """
    if isinstance(request, CheckRequest):
        return Accepted(type=request.type, id=request.id, balance=await accounts.balance(account))
    kind = Kind.DEPOSIT if isinstance(request, DepositRequest) else Kind.WITHDRAWAL
    match await accounts.apply(Order(account, request.id, kind, request.amount)):
        case Done(balance):
            return Accepted(type=request.type, id=request.id, balance=balance)
        case Declined(reason):
            return Refused(type=request.type, id=request.id, error=_WHY_DECLINED[reason])
        case IdReused():
            return Refused(type=request.type, id=request.id, error=Refusal.REQUEST_ID_REUSED)


class BankSession:
    """One session's conversation: a card first, then any number of requests for that card's account.

    Whatever else comes first ends it: whoever knows the bank's public key can open a channel, and without a card has no
    business in one. Lives in the event loop. After each reply look at `finished`: when it is true, send the reply and
    end the session. `hang_up` ends its channel, when it has to give way to a newer one of its account.
    """

    def __init__(self, accounts: Accounts, open_sessions: OpenSessions, hang_up: Callable[[], None]) -> None:
        self._accounts = accounts
        self._open_sessions = open_sessions
        self._hang_up = hang_up
        self._state = SessionState.EXPECT_CARD
        self._account: str | None = None

    @property
    def state(self) -> SessionState:
        """What the session waits for."""
        return self._state

    @property
    def account(self) -> str | None:
        """The account of the card that was accepted; for the log."""
        return self._account

    @property
    def finished(self) -> bool:
        """Whether the session must end once the reply is sent."""
        return self._state is SessionState.CLOSED

    async def handle(self, message: bytes) -> bytes:
        """Answer one message, whatever its bytes; what it asked for is on the disk when this returns.

        Raises LedgerError, and only that: then nothing is known to be done, and the session must end with no
        reply, for the request may be tried again under its id.
        """
        if self._account is not None:
            self._open_sessions.heard(self._account, self)
        return encode(await self._answer(message))

    def give_way(self) -> None:
        """End, channel and all: a newer session of the account needs the place."""
        self._state = SessionState.CLOSED
        self._hang_up()

    def end(self) -> None:
        """Give back the place among the account's sessions; after this nothing is handled. May be repeated."""
        if self._account is not None:
            self._open_sessions.leave(self._account, self)
        self._state, self._account = SessionState.CLOSED, None

    async def _answer(self, message: bytes) -> Reply:
        try:
            request = read_request(message)
        except MessageError:
            self._want_a_card()
            return Unintelligible()
        if isinstance(request, CardRequest):
            return await self._present_card(request)
        return await self._serve(request)

    async def _serve(self, request: AccountRequest) -> AccountReply:
        if self._account is None or self._state is not SessionState.SERVING:
            self._want_a_card()
            return Refused(type=request.type, id=request.id, error=Refusal.CARD_REQUIRED)
        return await answer(self._accounts, self._account, request)

    def _want_a_card(self) -> None:
        if self._state is SessionState.EXPECT_CARD:
            self._state = SessionState.CLOSED

    async def _present_card(self, request: CardRequest) -> CardAccepted | CardRefused:
        if self._state is SessionState.SERVING:
            return CardRefused(error=Refusal.CARD_ALREADY_PRESENTED)
        if self._state is SessionState.CLOSED or not await self._is_good(request):
            self._state = SessionState.CLOSED
            return CardRefused(error=Refusal.CARD_REFUSED)
        self._state = SessionState.SERVING
        self._account = request.account
        self._open_sessions.enter(request.account, self)
        return CardAccepted()

    async def _is_good(self, request: CardRequest) -> bool:
        """Compare digests in constant time; an unknown account takes the same steps as a wrong secret."""
        kept = await self._accounts.card_digest(request.account)
        same = hmac.compare_digest(request.secret.digest(), kept or _NO_DIGEST)
        return same and kept is not None
