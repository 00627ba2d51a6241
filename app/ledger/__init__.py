"""The bank's ledger: accounts, every answer given and every movement of money, durable in one SQLite file."""

from app.ledger.book import LEDGER_FILE, Audit, Ledger
from app.ledger.database import AccountExistsError, LedgerCorruptError, UnknownAccountError

__all__ = ["LEDGER_FILE", "AccountExistsError", "Audit", "Ledger", "LedgerCorruptError", "UnknownAccountError"]
