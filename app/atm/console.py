"""The ATM's console: lines in, from a terminal or a pipe, and the bank's answers out."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from app.atm.about_requests import about_damaged, about_open, about_open_elsewhere, about_repeated, about_settled
from app.atm.bank_address import BankAddress
from app.atm.client import Atm
from app.atm.commands import HELP, read_command
from app.atm.lines import PROMPT, lines_from_pipe, lines_from_terminal, text_of
from app.atm.pending.request import PendingRequest
from app.atm.screen import NotUnderstoodError, Screen
from app.atm.waiting import waiting_for_the_bank
from app.credentials.card import Card
from app.credentials.public_key import fingerprint
from app.protocol.cautions import STYLES, doubtful, reason
from app.protocol.messages import Accepted, AccountReply, AccountRequest, CheckRequest
from app.system.errors import EXIT_CHANNEL, EXIT_REFUSED, ChannelFailedError, FileError, InternalError, UserError
from app.system.interruption import run_unless_cut_short
from app.system.signals import ending_in_order, holding_signals, ignore_signals
from framework import KeyPair

R = TypeVar("R")


def converse_with(
    bank: BankAddress,
    card: Card,
    card_path: Path,
    take_ephemeral: Callable[[], KeyPair],
    *,
    as_json: bool,
    request: AccountRequest | None = None,
) -> int:
    """Run the console over a channel to the bank, or one request; gives the exit code. Raises UserError."""
    screen = Screen(as_json=as_json)
    # A script would take 0 for the confirmation of its request.
    with ending_in_order(0 if request is None else EXIT_CHANNEL), _closing(asyncio.Runner()) as runner:
        console = AtmConsole(Atm(bank, card, card_path, take_ephemeral), screen, runner)
        try:
            if request is not None:
                console.enter_for(request)
                return console.ask_once(request)
            console.enter()
            _welcome(bank, card, screen)
            console.settle_all()
            return console.converse()
        finally:
            console.leave()


@contextmanager
def _closing(runner: asyncio.Runner) -> Iterator[asyncio.Runner]:
    """Close it at the end. What fails in that changes nothing of what was said and done before."""
    try:
        yield runner
    finally:
        with suppress(Exception):
            runner.close()


def _welcome(bank: BankAddress, card: Card, screen: Screen) -> None:
    suite = bank.suite
    screen.remarks(
        [
            ("suite", "dim", f"{suite.name}, {suite.security_bits} bits"),
            ("bank", "dim", bank.text),
            ("key", "dim", fingerprint(bank.public_key)),
            ("account", "dim", card.account),
            *((str(info.status), STYLES[info.status], reason(info)) for info in doubtful(suite)),
        ]
    )


class AtmConsole:
    """Runs the dialogue. The event loop runs while the bank is asked, not while a person thinks.

    A signal may come between any two instructions. Records are made and removed outside the loop, so when one has come
    and everything is unwound, a look at the disk tells what becomes of the request; and that is what is said.
    """

    def __init__(self, atm: Atm, screen: Screen, runner: asyncio.Runner) -> None:
        self._atm = atm
        self._screen = screen
        self._runner = runner

    def enter(self) -> None:
        """Open the channel and present the card. Raises UserError."""
        try:
            self._wait(self._atm.connect)
        except (KeyboardInterrupt, SystemExit) as ending:
            if isinstance(ending, SystemExit) and not ending.code:  # a console that is ended before anything is asked
                raise
            raise ChannelFailedError("Interrupted before the bank had answered.") from None

    def enter_for(self, request: AccountRequest) -> None:
        """As `enter`, and what fails says that the request was not sent. Raises UserError."""
        try:
            self.enter()
        except ChannelFailedError as error:
            raise ChannelFailedError(str(error), f"No {request.type} was sent.") from None

    def settle_all(self) -> None:
        """Settle what an earlier process left unanswered. Raises UserError."""
        try:
            while earlier := self._atm.unanswered():  # so many at once
                with ExitStack() as held:
                    for pending in [held.enter_context(each) for each in earlier]:
                        self._settle(pending, partial(self._tell_of_earlier, pending.request))
        except (KeyboardInterrupt, SystemExit):  # between two steps
            left = self._atm.recorded()
            if not left:
                raise
            raise ChannelFailedError("Interrupted.", about_open(left)) from None
        self._mention(self._atm.still_open())
        for path in self._atm.damaged():
            self._screen.remark(about_damaged(path))

    def ask_once(self, request: AccountRequest) -> int:
        """Serve one command of `atm check|deposit|withdraw`; gives the exit code. Raises UserError.

        A request like this one that was not answered earlier is what is being retried: it is repeated under its
        own id, and not made anew. Others are left to whoever sent them, who would not learn their answers from us.
        Where such a record cannot be read, no money is moved at all.
        """
        try:
            return self._ask_once(request)
        except (KeyboardInterrupt, SystemExit):  # between two steps
            raise ChannelFailedError("Interrupted.", self._atm.doubt_about(request)) from None

    def _ask_once(self, request: AccountRequest) -> int:
        earlier, others = self._atm.unanswered_like(request)
        self._mention(others)
        if earlier is None and not isinstance(request, CheckRequest):
            for path in self._atm.damaged():  # perhaps the record of this very request
                raise FileError(about_damaged(path))

        def tell(reply: AccountReply) -> None:
            if earlier is not None:
                self._screen.remark(about_repeated(request, reply))
            self._screen.reply(reply)

        with earlier or self._begin(request) as pending:
            reply = self._settle(pending, tell, self._forget_at_the_end)
        return 0 if isinstance(reply, Accepted) else EXIT_REFUSED

    def _mention(self, left: list[AccountRequest]) -> None:
        """Say what is open: at this bank, and at others."""
        if left:
            self._screen.remark(about_open(left))
        for request, mark in self._atm.open_elsewhere():
            self._screen.remark(about_open_elsewhere(request, mark))

    def converse(self) -> int:
        """Serve lines until QUIT or the end of input; gives the exit code. Raises UserError when the channel fails.

        From a terminal 0. From a pipe 2 if a line was not understood, else 1 if the bank refused one, else 0.
        """
        codes = {0}
        interactive = sys.stdin.isatty()
        for number, line in enumerate(self._lines(interactive), 1):
            try:
                command = read_command(text_of(line))
            except NotUnderstoodError as error:
                codes.add(error.exit_code)
                self._screen.not_understood(error, 0 if interactive else number)
                continue
            if command == "QUIT":
                break
            if isinstance(command, str):
                self._screen.remark(HELP)
                continue
            reply = self._serve(command)
            codes.add(0 if isinstance(reply, Accepted) else EXIT_REFUSED)
        return 0 if interactive else max(codes)

    def _lines(self, interactive: bool) -> Iterator[bytes]:
        if not interactive:
            return lines_from_pipe()
        return lines_from_terminal("" if self._screen.as_json else PROMPT)

    def leave(self) -> None:
        """End the channel in order; Ctrl-C and SIGTERM cut that short, and nothing else is left to be cut.

        Whatever fails in it changes nothing of what was said and done before.
        """
        with suppress(Exception, KeyboardInterrupt, SystemExit), ending_in_order():
            run_unless_cut_short(self._runner, self._atm.close)

    def _serve(self, request: AccountRequest) -> AccountReply:
        """Serve one line; cut short when it is told and forgotten, that is nothing to be told of."""
        try:
            with self._begin(request) as pending:
                return self._settle(pending, self._screen.reply)
        except (KeyboardInterrupt, SystemExit):  # between two steps
            if isinstance(request, CheckRequest) or self._atm.remembers(request):
                raise ChannelFailedError("Interrupted.", self._atm.doubt_about(request)) from None
            raise

    def _begin(self, request: AccountRequest) -> PendingRequest:
        try:
            self._wait(self._atm.ready)
            return self._atm.begin(request)
        except (KeyboardInterrupt, SystemExit):  # most often it is taken back by now
            doubt = self._atm.doubt_about(request)
            before = "had answered" if doubt else f"was asked: no {request.type} was sent"
            raise ChannelFailedError(f"Interrupted before the bank {before}.", doubt) from None

    def _settle(
        self,
        pending: PendingRequest,
        tell: Callable[[AccountReply], None],
        forget: Callable[[PendingRequest], None] | None = None,
    ) -> AccountReply:
        """Ask, tell the answer, and only then forget the request: cut short in between, it is answered again."""
        try:
            reply = self._wait(partial(self._atm.settle, pending))
        except (KeyboardInterrupt, SystemExit):
            doubt = self._atm.doubt_about(pending.request)
            raise ChannelFailedError("Interrupted before the bank had answered.", doubt) from None
        except UserError:
            raise
        except Exception as error:
            raise InternalError(error, self._atm.doubt_about(pending.request)) from error
        with self._not_yet_forgotten(pending.request):
            tell(reply)
            self._see_forgotten(pending, forget or self._forget)
        return reply

    def _see_forgotten(self, pending: PendingRequest, forget: Callable[[PendingRequest], None]) -> None:
        """Forget a request that is answered and told; what fails after that is nothing to be told of."""
        try:
            forget(pending)
        except Exception:
            if self._atm.remembers(pending.request):
                raise

    def _tell_of_earlier(self, request: AccountRequest, reply: AccountReply) -> None:
        self._screen.remark(about_settled(request, reply))

    @staticmethod
    def _forget(pending: PendingRequest) -> None:
        with holding_signals():  # as long as the record may be there or may not
            pending.done()

    def _forget_at_the_end(self, pending: PendingRequest) -> None:
        """Forget what this process was started for: whatever exit code it has from here on is that of the answer."""
        self.leave()
        ignore_signals()
        pending.done()

    @contextmanager
    def _not_yet_forgotten(self, request: AccountRequest) -> Iterator[None]:
        """Say of an answered request that it is still remembered, where something cuts its telling or forgetting."""
        try:
            yield
        except (KeyboardInterrupt, SystemExit):
            if isinstance(request, CheckRequest) or self._atm.remembers(request):
                raise ChannelFailedError("Interrupted.", self._remembered(request)) from None
            raise  # told and forgotten
        except UserError as error:
            raise UserError(f"{error} {self._remembered(request)}".rstrip()) from None
        except Exception as error:
            raise InternalError(error, self._remembered(request)) from error

    def _remembered(self, request: AccountRequest) -> str:
        if not self._atm.remembers(request):
            return ""
        return (
            f"The bank has answered the {request.type}, which is still remembered beside the card: the same command "
            "again repeats it, or the console does, and moves no money."
        )

    def _wait(self, asking: Callable[[], Coroutine[None, None, R]]) -> R:
        """Run until it is done, or until Ctrl-C or SIGTERM."""
        with waiting_for_the_bank():
            return run_unless_cut_short(self._runner, asking)
