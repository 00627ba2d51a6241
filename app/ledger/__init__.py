"""The bank's ledger: accounts, the answers to what moves money, and every movement, durable in one SQLite file."""

from app.ledger.audit import Audit
from app.ledger.book import Ledger
from app.ledger.errors import AccountExistsError, LedgerCorruptError, LedgerLostError, UnknownAccountError
from app.ledger.file import LEDGER_FILE
from app.ledger.interface import Accounts, Declined, Done, Enrolment, IdReused, Kind, Order, Outcome, Reason

__all__ = [
    "LEDGER_FILE",
    "AccountExistsError",
    "Accounts",
    "Audit",
    "Declined",
    "Done",
    "Enrolment",
    "IdReused",
    "Kind",
    "Ledger",
    "LedgerCorruptError",
    "LedgerLostError",
    "Order",
    "Outcome",
    "Reason",
    "UnknownAccountError",
]
