"""How many sessions each account has open, so that no card has all of the bank's."""

from collections import Counter
from typing import Final

MAX_SESSIONS_PER_ACCOUNT: Final = 128
"""Open sessions of one account: an eighth of the channels that a server has room for, and more than a card needs."""


class OpenSessions:
    """Counts them. Lives in the ledger's thread, as the sessions do."""

    def __init__(self) -> None:
        self._of: Counter[str] = Counter()

    def enter(self, account: str) -> bool:
        """Count one more; False if the account has too many, and then it is not counted."""
        if self._of[account] >= MAX_SESSIONS_PER_ACCOUNT:
            return False
        self._of[account] += 1
        return True

    def leave(self, account: str) -> None:
        """Count one less."""
        self._of[account] -= 1
        if not self._of[account]:
            del self._of[account]
