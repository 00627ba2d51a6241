"""What can go wrong with the ledger; each is a sentence for a person."""

from app.errors import LedgerError


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


class CommitFailedError(LedgerError):
    """A transaction was complete and could not be made durable."""
