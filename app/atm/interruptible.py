"""A teller's steps in a program of one thread, which Ctrl-C and SIGTERM may cut short between any two instructions."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TypeVar

from app.atm.pending.request import PendingRequest
from app.atm.teller import Teller
from app.atm.waiting import waiting_for_the_bank
from app.atm.words import remark_on
from app.protocol.messages import AccountReply, AccountRequest, CheckRequest
from app.system.errors import ChannelFailedError, InternalError, UserError
from app.system.interruption import run_unless_cut_short
from app.system.signals import ending_in_order, holding_signals, ignore_signals

R = TypeVar("R")


class InterruptibleTeller:
    """Takes the steps of a teller, and says of an interruption what it leaves behind.

    The event loop runs while the bank is asked, not while a person thinks. Records are made and removed outside the
    loop. So when a signal has come and everything is unwound, a look at the disk tells what becomes of the request;
    and that is what is said.
    """

    def __init__(self, teller: Teller, runner: asyncio.Runner) -> None:
        self._teller = teller
        self._runner = runner

    def enter(self) -> None:
        """Open the channel and present the card. Raises UserError."""
        try:
            self._wait(self._teller.connect)
        except (KeyboardInterrupt, SystemExit) as ending:
            if isinstance(ending, SystemExit) and not ending.code:  # a console that is ended before anything is asked
                raise
            raise ChannelFailedError("Interrupted before the bank had answered.") from None

    def begin(self, request: AccountRequest) -> PendingRequest:
        """See that there is a channel, and write the request down. Raises UserError."""
        try:
            if not self._teller.connected:
                self._wait(self._teller.connect)
            return self._teller.begin(request)
        except (KeyboardInterrupt, SystemExit):  # most often it is taken back by now
            doubt = self._doubt(request)
            before = "had answered" if doubt else f"was asked: no {request.type} was sent"
            raise ChannelFailedError(f"Interrupted before the bank {before}.", doubt) from None

    def settle(self, pending: PendingRequest, tell: Callable[[AccountReply], None]) -> AccountReply:
        """Ask, tell the answer, and only then forget the request: cut short in between, it is answered again.

        Raises UserError.
        """
        reply = self._ask(pending)
        with self._telling(pending.request):
            tell(reply)
            with holding_signals():  # as long as the record may be there or may not
                self._teller.forget(pending)
        return reply

    def settle_last(self, pending: PendingRequest, tell: Callable[[AccountReply], None]) -> AccountReply:
        """Do as `settle` does for what this process was started for, and leave.

        Whatever exit code the process has when the request is forgotten is that of the answer.
        """
        reply = self._ask(pending)
        with self._telling(pending.request):
            tell(reply)
            self.leave()
            ignore_signals()
            self._teller.forget(pending)
        return reply

    def leave(self) -> None:
        """End the channel in order. Ctrl-C and SIGTERM cut that short, and nothing else.

        Whatever fails in it changes nothing of what was said and done before.
        """
        with suppress(Exception, KeyboardInterrupt, SystemExit), ending_in_order():
            run_unless_cut_short(self._runner, self._teller.close)

    @contextmanager
    def accounting_for(self, request: AccountRequest) -> Iterator[None]:
        """Within, an interruption raises ChannelFailedError, which says what is left of the request.

        Where the request has been told and forgotten, there is nothing to say, and the interruption is raised itself.
        """
        try:
            yield
        except (KeyboardInterrupt, SystemExit):
            self._say_unless_forgotten(request)
            raise

    def _ask(self, pending: PendingRequest) -> AccountReply:
        try:
            return self._wait(partial(self._teller.settle, pending))
        except (KeyboardInterrupt, SystemExit):
            doubt = self._doubt(pending.request)
            raise ChannelFailedError("Interrupted before the bank had answered.", doubt) from None
        except UserError:
            raise
        except Exception as error:
            raise InternalError(error, self._doubt(pending.request)) from error

    @contextmanager
    def _telling(self, request: AccountRequest) -> Iterator[None]:
        """Within, whatever cuts the telling or the forgetting short says that the request is still remembered."""
        try:
            yield
        except (KeyboardInterrupt, SystemExit):
            self._say_unless_forgotten(request, answered=True)
            raise
        except UserError as error:
            raise UserError(f"{error} {self._doubt(request, answered=True)}".rstrip()) from None
        except Exception as error:
            raise InternalError(error, self._doubt(request, answered=True)) from error

    def _say_unless_forgotten(self, request: AccountRequest, *, answered: bool = False) -> None:
        if isinstance(request, CheckRequest) or self._teller.remembers(request):
            raise ChannelFailedError("Interrupted.", self._doubt(request, answered=answered)) from None

    def _doubt(self, request: AccountRequest, *, answered: bool = False) -> str:
        return remark_on(self._teller.doubt(request, answered=answered))

    def _wait(self, asking: Callable[[], Coroutine[None, None, R]]) -> R:
        """Run until it is done, or until Ctrl-C or SIGTERM."""
        with waiting_for_the_bank():
            return run_unless_cut_short(self._runner, asking)
