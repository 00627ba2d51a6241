"""A bank's ledger for a test: that of a running bank, and one without threads behind the same interface."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.ledger import Ledger
from app.ledger.live import MAX_BATCH, QUICK_BYTES, LiveLedger
from app.ledger.occupancy import occupied
from app.protocol.messages import AccountReply, AccountRequest


class Sync:
    """`app.bank.session.Accounts`, each request a transaction of its own."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def card_digest(self, account: str) -> bytes | None:
        return self._ledger.card_digest(account)

    async def apply(self, account: str, request: AccountRequest) -> AccountReply:
        return self._ledger.apply(account, request)


@asynccontextmanager
async def open_ledger(
    data_dir: Path, *, max_batch: int = MAX_BATCH, quick_bytes: int = QUICK_BYTES
) -> AsyncIterator[LiveLedger]:
    """The ledger of a data directory, as a bank opens it."""
    with occupied(data_dir) as occupancy:
        async with LiveLedger(occupancy, max_batch=max_batch, quick_bytes=quick_bytes) as live:
            yield live
