"""What can go wrong with the ledger; each is a sentence for a person."""

from typing import TypeVar

from app.system.errors import LedgerError

E = TypeVar("E", bound=Exception)


class AccountExistsError(LedgerError):
    """An account of this name is open already."""


class UnknownAccountError(LedgerError):
    """There is no account of this name."""

    def __init__(self, account: str) -> None:
        super().__init__(f"There is no account {account}; open it with `open-account`.")


class LedgerCorruptError(LedgerError):
    """The ledger contradicts itself, or its file and its log do not belong together."""


class LedgerLostError(LedgerError):
    """The files that are open are no longer the ledger of the data directory, so nothing more is confirmed."""


class TransactionError(LedgerError):
    """A transaction failed, and no order in it is at fault: to try each of them alone would be of no use."""


class NotBegunError(TransactionError):
    """A transaction could not begin."""


class UndecidedError(TransactionError):
    """Who decides about the orders could not be asked."""


class CommitFailedError(TransactionError):
    """A transaction was complete and could not be made durable."""


def likewise(error: E) -> E:
    """Give the same error once more: one object that many raise would gather the tracebacks of them all."""
    again = type(error).__new__(type(error), *error.args)
    again.__dict__.update(error.__dict__)
    again.__cause__ = error
    return again
