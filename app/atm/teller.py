"""What a person asks of a bank with a card, step by step: the core of an ATM, whatever shows it.

A console, a page and a script are adapters of the teller. Each takes the steps of a request in this order:

    await teller.ready()                    there is a channel, and the bank knows the card
    with teller.begin(request) as pending:  the request is on the disk
        reply = await teller.settle(pending)  the bank has answered
        show(reply)                         whoever asked knows the answer
        teller.forget(pending)              the request is not on the disk any more

A request that is cut short before the last step is remembered. A later teller settles it again under the same id, and
the bank moves the money once. After whatever cuts a step short, `doubt` says what lies on the disk.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from app.atm.bank_address import BankAddress
from app.atm.client import BankClient
from app.atm.events import Damaged, OpenElsewhere, StillOpen, Unanswered, Untold
from app.atm.pending.request import PendingRequest
from app.atm.pending.store import PendingRequests, ReadOnlyRecordsError
from app.atm.words import remark_on
from app.credentials.card import Card
from app.protocol.messages import AccountReply, AccountRequest, CheckRequest
from app.system.errors import ChannelFailedError, FileError, RefusedByBankError
from framework import KeyPair


class Teller:
    """Serves one card at one bank, one request at a time. It hears no signal and writes to no screen.

    The steps that wait for the bank are coroutines. The steps that wait for the disk are not: what cuts one of these
    short finds the record made, or not made, and never half of it.
    """

    def __init__(self, client: BankClient, pending: PendingRequests) -> None:
        self._client = client
        self._pending = pending

    @classmethod
    def at(cls, bank: BankAddress, card: Card, card_path: Path, take_ephemeral: Callable[[], KeyPair]) -> "Teller":
        """Make a teller for this card, whose records lie beside it. Nothing is connected yet."""
        client = BankClient(bank, card, card_path, take_ephemeral)
        return cls(client, PendingRequests(card_path, card, bank.destination))

    @property
    def connected(self) -> bool:
        """Whether there is a channel, as far as is known."""
        return self._client.connected

    async def connect(self) -> None:
        """Open the channel and present the card. Raises CardError, ChannelFailedError and RefusedByBankError."""
        await self._client.connect()

    async def ready(self) -> None:
        """Connect, if there is no channel: without one nothing need be written down. Raises what `connect` raises."""
        if not self.connected:
            await self.connect()

    def begin(self, request: AccountRequest) -> PendingRequest:
        """Write down a request that moves money, to be settled next. Raises FileError."""
        return PendingRequest(request) if isinstance(request, CheckRequest) else self._pending.begin(request)

    async def settle(self, pending: PendingRequest) -> AccountReply:
        """Send a request, for the first time or again under its id, and give its answer.

        Tell the answer, and then `forget` the request. Raises ChannelFailedError and RefusedByBankError, which say
        what becomes of the request.
        """
        try:
            return await self._client.ask(pending.request)
        except ChannelFailedError as error:
            raise ChannelFailedError(str(error), remark_on(self.doubt(pending.request))) from None
        except RefusedByBankError as error:
            raise RefusedByBankError(f"{error} {remark_on(self.doubt(pending.request))}".rstrip()) from None

    def forget(self, pending: PendingRequest) -> None:
        """Forget a request whose answer was told. Raises UserError where it is remembered still.

        What fails when the record has gone is nothing to be told of.
        """
        try:
            pending.done()
        except Exception:
            if self.remembers(pending.request):
                raise
        else:
            if self.remembers(pending.request):  # another has it now: this one was released before it was forgotten
                raise FileError(f"The record of this {pending.request.type} was let go before it was forgotten.")

    def unanswered(self) -> list[PendingRequest]:
        """Take over the oldest requests that an earlier process sent to this bank and that were not answered.

        There may be more, see `PendingRequests.orphans`. Where nothing can be written, none is taken over.
        """
        try:
            return self._pending.orphans()
        except ReadOnlyRecordsError:
            return []

    def unanswered_like(self, request: AccountRequest) -> tuple[PendingRequest | None, list[AccountRequest]]:
        """Take over the oldest of them that asks for the same as `request`, if one does; list the others.

        One that moves no money takes none over, so that it does its work where nothing can be written.
        """
        if isinstance(request, CheckRequest):
            return None, self._pending.open_requests()
        return self._pending.orphan_like(request)

    def notices(self, left: list[AccountRequest] | None = None) -> Iterator[StillOpen | OpenElsewhere]:
        """Tell what is open and nobody waits for: at this bank, where it is `left` if that is given, and at others."""
        requests = self._pending.open_requests() if left is None else left
        if requests:
            yield StillOpen(tuple(requests))
        for request, mark in self._pending.open_elsewhere():
            yield OpenElsewhere(request, mark)

    def damaged(self) -> list[Damaged]:
        """List the records of unanswered requests that cannot be read."""
        return [Damaged(path) for path in self._pending.damaged()]

    def recorded(self) -> StillOpen | None:
        """Tell all that is recorded for this bank, also what others wait for. Takes no lock: we may hold one still."""
        requests = self._pending.recorded()
        return StillOpen(tuple(requests)) if requests else None

    def remembers(self, request: AccountRequest) -> bool:
        """Whether the request is written down, at this moment."""
        return self._pending.holds(request)

    def doubt(self, request: AccountRequest, *, answered: bool = False) -> Unanswered | Untold | None:
        """Tell what is open about a request, by whether it was answered; None if it is not written down."""
        if not self.remembers(request):
            return None
        return Untold(request) if answered else Unanswered(request)

    async def close(self) -> None:
        """End the channel in order, if there is one."""
        await self._client.close()
