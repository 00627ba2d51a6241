"""What a teller tells its adapter beside the bank's answers, as values: the adapter shows them in its own way."""

from dataclasses import dataclass
from pathlib import Path

from app.atm.pending.mark import BankMark
from app.protocol.messages import AccountReply, AccountRequest


@dataclass(frozen=True)
class StillOpen:
    """Requests that were sent to this bank and not answered, the oldest first; one at least."""

    requests: tuple[AccountRequest, ...]


@dataclass(frozen=True)
class OpenElsewhere:
    """A request that was sent to another bank and not answered. It is settled there."""

    request: AccountRequest
    mark: BankMark


@dataclass(frozen=True)
class Damaged:
    """A record of a request that cannot be read: the person should compare the balance, and remove the file."""

    path: Path


@dataclass(frozen=True)
class Completed:
    """A request that was cut short before, and what the bank has answered to it now."""

    request: AccountRequest
    reply: AccountReply


@dataclass(frozen=True)
class Repeated:
    """As `Completed`, where a person has asked for the same again: this answer is the one to his request."""

    request: AccountRequest
    reply: AccountReply


@dataclass(frozen=True)
class Unanswered:
    """A request that is remembered and perhaps sent: whether the bank carried it out is not known."""

    request: AccountRequest


@dataclass(frozen=True)
class Untold:
    """A request that the bank has answered and that is remembered still, for the answer was perhaps not told."""

    request: AccountRequest


Event = StillOpen | OpenElsewhere | Damaged | Completed | Repeated | Unanswered | Untold
