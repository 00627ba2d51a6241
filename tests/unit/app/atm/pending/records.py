"""What the tests of the records share."""

from pathlib import Path

from app.atm.pending.store import PendingRequests
from app.protocol.messages import AccountRequest, WithdrawRequest, new_request_id


def withdraw() -> WithdrawRequest:
    return WithdrawRequest(id=new_request_id(), amount=5000)


def directory(card_path: Path) -> Path:
    return card_path.with_name("demo.card.pending")


def adopted(pending: PendingRequests) -> list[AccountRequest]:
    """What is adopted now, let go again at once."""
    handles = pending.orphans()
    for handle in handles:
        handle.release()
    return [handle.request for handle in handles]


def is_record(path: object) -> bool:
    """Whether this is a record, finished or not, and not what the lock of the directory needs."""
    return isinstance(path, str | Path) and len(Path(path).name.partition(".")[0]) == 32
