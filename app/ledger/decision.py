"""Who decides whether an order is carried out."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

from app.ledger.errors import UndecidedError
from app.ledger.interface import Order, Reason
from app.protocol.money import MAX_AMOUNT
from app.system.errors import LedgerError


class Decider(Protocol):
    """Decides; the ledger adds, records and answers.

    The writer's thread asks it once a batch. The transaction of the batch is open then: it has read the balances,
    nobody else can change them, and it has written nothing. So a decider in another process may be asked here. The
    thread waits for it, as it waits for the disk, and the next batch gathers meanwhile. It bounds the time itself.

    Batches come one after the other. The orders of a batch are new ones, each of another id. They come in the order in
    which they are carried out, so an order of an account follows those of the same account before it.

    What was allowed is done when the transaction is committed, and that may fail. The same orders may then come again,
    in another batch or alone. A decider that remembers what it has allowed knows an order by its account and its id.
    """

    def decide(self, balances: Mapping[str, int], orders: Sequence[Order]) -> Sequence[Reason | None]:
        """Say for each order why it is declined, or None where it is carried out.

        `balances` has the balance of the account of each order before the first of them, in minor units. Raises
        UndecidedError when it cannot tell; then no order of the batch is carried out, and all may be repeated.
        """
        ...


class PlainDecider:
    """Compares balances in the clear: none becomes negative, and none is larger than MAX_AMOUNT."""

    def decide(self, balances: Mapping[str, int], orders: Sequence[Order]) -> Sequence[Reason | None]:
        now = dict(balances)
        reasons: list[Reason | None] = []
        for order in orders:
            after = now[order.account] + order.change
            if after < 0:
                reasons.append(Reason.INSUFFICIENT_FUNDS)
            elif after > MAX_AMOUNT:
                reasons.append(Reason.BALANCE_LIMIT)
            else:
                now[order.account] = after
                reasons.append(None)
        return reasons


IN_THE_CLEAR: Final = PlainDecider()
"""What decides unless another is given."""


def decisions(decider: Decider, balances: Mapping[str, int], orders: Sequence[Order]) -> Sequence[Reason | None]:
    """Ask a decider; gives a word on each order. Raises UndecidedError for whatever else comes of it.

    It may be another's code in this process: it cannot change the balances, nor end the thread that writes.
    """
    try:
        reasons = list(decider.decide(MappingProxyType(balances), tuple(orders)))
    except LedgerError:
        raise
    except BaseException as error:
        raise UndecidedError(f"Who decides about orders failed ({type(error).__name__}); try again.") from error
    if len(reasons) != len(orders) or not all(reason is None or type(reason) is Reason for reason in reasons):
        raise UndecidedError("Who decides about orders gave no word on each of them; try again.")
    return reasons
