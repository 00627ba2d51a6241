"""What one session, one card and one channel may take of a bank."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class BankLimits:
    """The limits of a bank.

    A session's card arrives within `card_seconds`, or the session ends: whoever knows the bank's public key can open a
    channel. `sessions_per_account` are open at a time; the default is an eighth of the channels that a server has room
    for, and more than a card needs. A channel ends when nothing has arrived on it for `idle_seconds`, for then the
    person at the machine is gone; and in any case after `lifetime_seconds`, which bounds the life of its keys.
    """

    card_seconds: float = 5.0
    sessions_per_account: int = 128
    idle_seconds: float = 900.0
    lifetime_seconds: float = 3_600.0


DEFAULT_LIMITS: Final = BankLimits()
