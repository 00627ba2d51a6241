"""The sessions of each account: no card has all of the bank's, and no dead peer bars a card."""

from collections import OrderedDict
from typing import Protocol


class Session(Protocol):
    """One that can be made to end."""

    def give_way(self) -> None:
        """End at once; a newer session of the same account needs the place."""
        ...


class OpenSessions:
    """Knows them, the one that was heard from least recently first; an account has at most `most` of them.

    Lives in the event loop, as the sessions do.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: dict[str, OrderedDict[Session, None]] = {}

    def enter(self, account: str, session: Session) -> None:
        """Take a session in. When its account has too many, the one heard from least recently gives way."""
        sessions = self._of.setdefault(account, OrderedDict())
        stalest = next(iter(sessions)) if len(sessions) >= self._most else None
        if stalest is not None:
            del sessions[stalest]
        sessions[session] = None
        if stalest is not None:
            stalest.give_way()

    def heard(self, account: str, session: Session) -> None:
        """Note that a session has just said something."""
        sessions = self._of.get(account)
        if sessions is not None and session in sessions:
            sessions.move_to_end(session)

    def leave(self, account: str, session: Session) -> None:
        """Let a session go; one that has given way is gone already."""
        sessions = self._of.get(account)
        if sessions is not None:
            sessions.pop(session, None)
            if not sessions:
                del self._of[account]
