"""What the ledger is asked and what it answers, in values of its own: it knows no message of any wire."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    """What an order does. These words are in the ledger's file."""

    DEPOSIT = "DEPOS"
    WITHDRAWAL = "WITHD"


class Reason(StrEnum):
    """Why an order is declined. These words are in the ledger's file."""

    INSUFFICIENT_FUNDS = "insufficient-funds"
    BALANCE_LIMIT = "balance-limit"


@dataclass(frozen=True, slots=True)
class Order:
    """An order to move `amount` minor units, 1 to MAX_AMOUNT. `id` is 16 random bytes in hex; a retry keeps it."""

    account: str
    id: str
    kind: Kind
    amount: int = field(repr=False)

    @property
    def change(self) -> int:
        """What the order adds to the balance, in minor units; it is negative for a withdrawal."""
        return self.amount if self.kind is Kind.DEPOSIT else -self.amount


@dataclass(frozen=True, slots=True)
class Done:
    """The order was carried out; `balance` minor units were in the account after it."""

    balance: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class Declined:
    """The order was not carried out, and never will be under its id."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class IdReused:
    """The id of the order belongs to another order of the account, so this one was not carried out."""


Outcome = Done | Declined | IdReused
"""What became of an order. It is on the disk, and the same order gets the same outcome whenever it comes again."""


class Accounts(Protocol):
    """What a session asks of the ledger.

    Each method raises LedgerError, which means that nothing is known to be done: the question may be asked again, an
    order under its id. UnknownAccountError is one of them; so nothing was done.
    """

    async def card_digest(self, account: str) -> bytes | None:
        """Look up the SHA-256 of the secret of the account's card, 32 bytes; None for an unknown account."""
        ...

    async def balance(self, account: str) -> int:
        """Look up a balance, in minor units; it leaves no trace. Raises UnknownAccountError."""
        ...

    async def apply(self, order: Order) -> Outcome:
        """Carry out an order, once; the outcome is on the disk when this returns. Raises UnknownAccountError."""
        ...


class Enrolment(Protocol):
    """What an operator asks of the ledger. A session has no way to it. Each method raises LedgerError."""

    async def card_digest(self, account: str) -> bytes | None:
        """Look up the SHA-256 of the secret of the account's card, 32 bytes; None for an unknown account."""
        ...

    async def open_account(self, name: str, card_digest: bytes) -> None:
        """Open an account with balance zero; it is on the disk when this returns.

        `card_digest` is the SHA-256 of its card's secret, 32 bytes. Raises AccountExistsError when the name is taken.
        """
        ...
