"""What a request does to a balance: the one place that decides."""

from app.protocol.messages import DepositRequest, Refusal, WithdrawRequest
from app.protocol.money import MAX_AMOUNT

MoneyRequest = DepositRequest | WithdrawRequest
"""A request that moves money, and that the ledger records."""


def decide(balance: int, request: MoneyRequest) -> tuple[int, Refusal | None]:
    """Give the new balance in minor units; where nothing is done, the old one and why."""
    if isinstance(request, DepositRequest):
        if balance + request.amount > MAX_AMOUNT:
            return balance, Refusal.BALANCE_LIMIT
        return balance + request.amount, None
    if request.amount > balance:
        return balance, Refusal.INSUFFICIENT_FUNDS
    return balance - request.amount, None
