"""What one session, one card and one channel may take of a bank."""

from dataclasses import dataclass
from typing import Final

from framework.limits import IDLE_SECONDS, LIFETIME_SECONDS


@dataclass(frozen=True)
class BankLimits:
    """The limits of a bank.

    A session's card arrives within `card_seconds`, or the session ends: whoever knows the bank's public key can open a
    channel. `sessions_per_account` are open at a time; the default is an eighth of the channels that a server has room
    for, and more than a card needs. A channel ends `lifetime_seconds` after its handshake, and when nothing has arrived
    on it for `idle_seconds`.
    """

    card_seconds: float = 5.0
    sessions_per_account: int = 128
    idle_seconds: float = IDLE_SECONDS
    lifetime_seconds: float = LIFETIME_SECONDS


DEFAULT_LIMITS: Final = BankLimits()
