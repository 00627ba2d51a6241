"""One request of the command line: `atm check`, `atm deposit AMOUNT` or `atm withdraw AMOUNT`."""

from app.atm.events import Repeated
from app.atm.interruptible import InterruptibleTeller
from app.atm.screen import Screen
from app.atm.teller import Teller
from app.atm.words import remark_on
from app.protocol.messages import Accepted, AccountReply, AccountRequest, CheckRequest
from app.system.errors import EXIT_REFUSED, ChannelFailedError, FileError


class OneRequest:
    """Serves one request, and leaves with an exit code that a script can rely on."""

    def __init__(self, teller: Teller, steps: InterruptibleTeller, screen: Screen, request: AccountRequest) -> None:
        self._teller = teller
        self._steps = steps
        self._screen = screen
        self._request = request

    def enter(self) -> None:
        """Open the channel and present the card. What fails says that the request was not sent. Raises UserError."""
        try:
            self._steps.enter()
        except ChannelFailedError as error:
            raise ChannelFailedError(str(error), f"No {self._request.type} was sent.") from None

    def serve(self) -> int:
        """Serve the request; gives the exit code. Raises UserError.

        A request like this one that was not answered earlier is what is being retried: it is repeated under its
        own id, and not made anew. Others are left to whoever sent them, who would not learn their answers from us.
        Where such a record cannot be read, no money is moved at all.
        """
        try:
            return self._serve()
        except (KeyboardInterrupt, SystemExit):  # between two steps
            raise ChannelFailedError("Interrupted.", remark_on(self._teller.doubt(self._request))) from None

    def _serve(self) -> int:
        request = self._request
        earlier, others = self._teller.unanswered_like(request)
        for notice in self._teller.notices(others):
            self._screen.remark(remark_on(notice))
        if earlier is None and not isinstance(request, CheckRequest):
            for damaged in self._teller.damaged():  # perhaps the record of this very request
                raise FileError(remark_on(damaged))

        def tell(reply: AccountReply) -> None:
            if earlier is not None:
                self._screen.remark(remark_on(Repeated(request, reply)))
            self._screen.reply(reply)

        with earlier or self._steps.begin(request) as pending:
            reply = self._steps.settle_last(pending, tell)
        return 0 if isinstance(reply, Accepted) else EXIT_REFUSED
