"""The ledger of a process that has nothing else to do: asked through the same interface as that of a bank that runs."""

from app.ledger.book import Ledger
from app.ledger.interface import Order, Outcome


class DirectLedger:
    """Answers each question at once, and an event loop waits for the disk meanwhile."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def card_digest(self, account: str) -> bytes | None:
        return self._ledger.card_digest(account)

    async def balance(self, account: str) -> int:
        return self._ledger.balance(account)

    async def apply(self, order: Order) -> Outcome:
        return self._ledger.apply(order)

    async def open_account(self, name: str, card_digest: bytes) -> None:
        self._ledger.open_account(name, card_digest)
