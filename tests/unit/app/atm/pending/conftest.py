"""The records of the card of each test."""

from pathlib import Path

import pytest

from app.atm.pending.store import PendingRequests
from app.credentials.card import Card


@pytest.fixture
def pending(card: Card, card_path: Path) -> PendingRequests:
    return PendingRequests(card_path, card)
