"""The ATM's console: lines in, from a terminal or a pipe, and the bank's answers out."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from app.atm.bank_address import BankAddress
from app.atm.commands import HELP, NotUnderstoodError, read_command
from app.atm.events import Completed
from app.atm.interruptible import InterruptibleTeller
from app.atm.lines import PROMPT, lines_from_pipe, lines_from_terminal, text_of
from app.atm.once import OneRequest
from app.atm.pending.request import PendingRequest
from app.atm.screen import Screen
from app.atm.teller import Teller
from app.atm.words import remark_on
from app.credentials.card import Card
from app.credentials.public_key import fingerprint
from app.protocol.cautions import STYLES, doubtful, reason
from app.protocol.messages import Accepted, AccountReply, AccountRequest
from app.system.errors import EXIT_CHANNEL, EXIT_REFUSED, ChannelFailedError
from app.system.signals import ending_in_order
from framework import KeyPair


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
        teller = Teller.at(bank, card, card_path, take_ephemeral)
        steps = InterruptibleTeller(teller, runner)
        try:
            if request is not None:
                one = OneRequest(teller, steps, screen, request)
                one.enter()
                return one.serve()
            steps.enter()
            _welcome(bank, card, screen)
            console = AtmConsole(teller, steps, screen)
            console.settle_all()
            return console.converse()
        finally:
            steps.leave()


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
    """Runs the dialogue, line by line."""

    def __init__(self, teller: Teller, steps: InterruptibleTeller, screen: Screen) -> None:
        self._teller = teller
        self._steps = steps
        self._screen = screen

    def settle_all(self) -> None:
        """Settle what an earlier process left unanswered. Raises UserError."""
        try:
            while earlier := self._teller.unanswered():  # so many at once
                with ExitStack() as held:
                    for pending in [held.enter_context(each) for each in earlier]:
                        self._complete(pending)
        except (KeyboardInterrupt, SystemExit):  # between two steps
            left = self._teller.recorded()
            if left is None:
                raise
            raise ChannelFailedError("Interrupted.", remark_on(left)) from None
        for notice in (*self._teller.notices(), *self._teller.damaged()):
            self._screen.remark(remark_on(notice))

    def _complete(self, pending: PendingRequest) -> None:
        def tell(reply: AccountReply) -> None:
            self._screen.remark(remark_on(Completed(pending.request, reply)))

        self._steps.settle(pending, tell)

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

    def _serve(self, request: AccountRequest) -> AccountReply:
        with self._steps.accounting_for(request), self._steps.begin(request) as pending:
            return self._steps.settle(pending, self._screen.reply)
