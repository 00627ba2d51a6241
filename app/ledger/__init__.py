"""The bank's ledger: accounts, the answers to what moves money, and every movement, durable in one SQLite file."""

from app.ledger.audit import Audit
from app.ledger.book import LEDGER_FILE, Ledger
from app.ledger.errors import AccountExistsError, LedgerCorruptError, LedgerLostError, UnknownAccountError
from app.ledger.recording import Order

__all__ = [
    "LEDGER_FILE",
    "AccountExistsError",
    "Audit",
    "Ledger",
    "LedgerCorruptError",
    "LedgerLostError",
    "Order",
    "UnknownAccountError",
]
