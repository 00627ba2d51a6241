"""A desk for each test, and signals as they were before it."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.credentials.card import Card
from app.ledger import Ledger
from app.system.first_signals import ENDING_SIGNALS
from tests.unit.app.atm.desk import Desk


@pytest.fixture
def desk(ledger: Ledger, card: Card, card_path: Path) -> Desk:
    return Desk(ledger, card, card_path)


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    """One command ignores the signals from a certain step on, to the end of its process."""
    handlers = {number: signal.getsignal(number) for number in ENDING_SIGNALS}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
