"""What clients ask the bank, and what they make of its answers."""

from collections.abc import Iterable

from app.protocol.messages import (
    Accepted,
    CardAccepted,
    CheckRequest,
    DepositRequest,
    Refused,
    Reply,
    WithdrawRequest,
    new_request_id,
)
from tests.attacks.attack import SurpriseError, expect, expect_same

OPENING_BALANCE = 100_00
"""What the victim's account holds when the attack begins, in minor units."""

VICTIM, BYSTANDER = "alice", "bob"

DES3, CTR, GCM = "des3-bg-hmac", "aes256ctr-x25519-hmac", "aes256gcm-x25519"
"""The suite that the bank runs, and a quick one of each composition."""


def check() -> CheckRequest:
    return CheckRequest(id=new_request_id())


def deposit(amount: int) -> DepositRequest:
    return DepositRequest(id=new_request_id(), amount=amount)


def withdraw(amount: int) -> WithdrawRequest:
    return WithdrawRequest(id=new_request_id(), amount=amount)


def accepted(reply: Reply) -> int:
    """The balance in an answer that accepts."""
    if not isinstance(reply, Accepted):
        raise SurpriseError(f"the bank does not accept: {reply!r}")
    return reply.balance


def balances(replies: Iterable[Reply]) -> list[int]:
    """The balances in those answers that accept."""
    return [reply.balance for reply in replies if isinstance(reply, Accepted)]


def shows_card(reply: Reply) -> None:
    """Raise SurpriseError unless the bank has accepted a card."""
    expect(isinstance(reply, CardAccepted), "the bank accepts the card")


def refuses_request(reply: Reply, error: str) -> None:
    """Raise SurpriseError unless the bank refuses the request with this word."""
    if not isinstance(reply, Refused):
        raise SurpriseError(f"the bank does not refuse: {reply!r}")
    expect_same(reply.error, error, "why the bank refuses")
