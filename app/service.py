"""The bank's side of one session, as a state machine: a message in, a reply out, and no I/O but the ledger's."""

import hmac
from enum import Enum, auto
from typing import Final

from app.errors import MessageError
from app.ledger import Ledger
from app.messages import (
    AccountReply,
    AccountRequest,
    CardAccepted,
    CardRefused,
    CardRequest,
    Refusal,
    Refused,
    Reply,
    Unintelligible,
    encode,
    read_request,
)
from app.open_sessions import OpenSessions

_NO_DIGEST: Final = bytes(32)
"""Compared with when the account is unknown. Nobody knows a secret whose SHA-256 this is, and it is never trusted."""


class SessionState(Enum):
    """What the session waits for."""

    EXPECT_CARD = auto()
    SERVING = auto()
    CLOSED = auto()


class BankSession:
    """One session's conversation: a card first, then any number of requests for that card's account.

    Whatever else comes first ends it: whoever knows the bank's public key can open a channel, and without a card has no
    business in one. Lives in the ledger's thread. After each reply look at `finished`: when it is true, send the reply
    and end the session.
    """

    def __init__(self, ledger: Ledger, open_sessions: OpenSessions) -> None:
        self._ledger = ledger
        self._open_sessions = open_sessions
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

    def handle(self, message: bytes) -> bytes:
        """Answer one message, whatever its bytes; what it asked for is on the disk when this returns.

        Raises LedgerError, and only that: then nothing is known to be done, and the session must end with no
        reply, for the request may be tried again under its id.
        """
        return encode(self._answer(message))

    def end(self) -> None:
        """Give back the place among the account's sessions; after this nothing is handled. May be repeated."""
        if self._state is SessionState.SERVING and self._account is not None:
            self._open_sessions.leave(self._account)
        self._state, self._account = SessionState.CLOSED, None

    def _answer(self, message: bytes) -> Reply:
        try:
            request = read_request(message)
        except MessageError:
            self._want_a_card()
            return Unintelligible()
        if isinstance(request, CardRequest):
            return self._present_card(request)
        return self._serve(request)

    def _serve(self, request: AccountRequest) -> AccountReply:
        if self._account is None:
            self._want_a_card()
            return Refused(type=request.type, id=request.id, error=Refusal.CARD_REQUIRED)
        return self._ledger.apply(self._account, request)

    def _want_a_card(self) -> None:
        if self._state is SessionState.EXPECT_CARD:
            self._state = SessionState.CLOSED

    def _present_card(self, request: CardRequest) -> CardAccepted | CardRefused:
        if self._state is SessionState.SERVING:
            return CardRefused(error=Refusal.CARD_ALREADY_PRESENTED)
        if self._state is SessionState.CLOSED or not self._is_good(request):
            self._state = SessionState.CLOSED
            return CardRefused(error=Refusal.CARD_REFUSED)
        if not self._open_sessions.enter(request.account):  # said to none but who has the card
            self._state = SessionState.CLOSED
            return CardRefused(error=Refusal.TOO_MANY_SESSIONS)
        self._state = SessionState.SERVING
        self._account = request.account
        return CardAccepted()

    def _is_good(self, request: CardRequest) -> bool:
        """Compare digests in constant time; an unknown account takes the same steps as a wrong secret."""
        kept = self._ledger.card_digest(request.account)
        same = hmac.compare_digest(request.secret.digest(), kept or _NO_DIGEST)
        return same and kept is not None
