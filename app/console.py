"""The ATM's console: lines in, from a terminal or a pipe; answers out, for people or as JSON."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from rich.console import Console
from rich.text import Text

from app.atm import Atm
from app.errors import EXIT_REFUSED, InputError, UserError, excerpt
from app.messages import (
    Accepted,
    AccountReply,
    AccountRequest,
    CheckRequest,
    DepositRequest,
    Refusal,
    WithdrawRequest,
    new_request_id,
)
from app.money import format_amount, parse_amount
from app.pending import PendingRequest

MAX_LINE: Final = 1024
"""Bytes of a line that are looked at; nothing that the console understands is longer than a few dozen."""

HELP: Final = """\
CHECK           the balance
DEPOS amount    deposit: DEPOS 50 or DEPOS 12.34
WITHD amount    withdraw
HELP            this
QUIT            leave"""

_REFUSALS: Final = {
    Refusal.INSUFFICIENT_FUNDS: "there is not enough money in the account",
    Refusal.BALANCE_LIMIT: "the account cannot hold that much",
    Refusal.REQUEST_ID_REUSED: "the request's id was used for another request",
    Refusal.CARD_REQUIRED: "a card must be presented first",
    Refusal.CARD_REFUSED: "the card is not good",
    Refusal.CARD_ALREADY_PRESENTED: "a card has been presented already",
    Refusal.BAD_REQUEST: "the bank did not understand the request",
}


class Screen:
    """Where answers and remarks go: answers to standard output, all else to standard error."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._out = Console(highlight=False, soft_wrap=True)
        self._err = Console(highlight=False, soft_wrap=True, stderr=True)

    def reply(self, reply: AccountReply) -> None:
        """Show the bank's answer."""
        if isinstance(reply, Accepted):
            balance = format_amount(reply.balance)
            self._show(
                {"type": reply.type, "ok": True, "balance": balance}, f"{reply.type} ok, balance {balance}", "green"
            )
        else:
            sentence = f"{reply.type} refused: {_REFUSALS[reply.error]}"
            self._show({"type": reply.type, "ok": False, "error": str(reply.error)}, sentence, "red")

    def not_understood(self, command: str, error: str, sentence: str) -> None:
        """Refuse a line here, before it reaches the bank."""
        if self.as_json:
            self._show({"type": command, "ok": False, "error": error, "message": sentence}, sentence, "red")
        else:
            self.remark(sentence, "red")

    def help(self) -> None:
        """Show what can be typed."""
        self.remark(HELP)

    def remark(self, sentence: str, style: str = "") -> None:
        """Say something that is not an answer of the bank's."""
        self._err.print(Text(sentence, style))

    def _show(self, members: dict[str, object], sentence: str, style: str) -> None:
        if self.as_json:
            sys.stdout.write(json.dumps(members, separators=(",", ":")) + "\n")
            sys.stdout.flush()
        else:
            self._out.print(Text(sentence, style))


class NotUnderstoodError(InputError):
    """A line that is no command. `command` is the first word if it is one of ours, `error` a word for programs."""

    def __init__(self, sentence: str, command: str = "ERROR", error: str = "unknown-command") -> None:
        super().__init__(sentence)
        self.command = command
        self.error = error


def read_command(line: str) -> AccountRequest | str:
    """Understand one line: a request, "HELP" or "QUIT". Raises NotUnderstoodError."""
    word, _, rest = line.strip(" \t\r\n").partition(" ")
    command, amount = word.upper() if word.isascii() else word, rest.strip(" \t")
    if not command:
        raise NotUnderstoodError("That line is empty; type HELP for what the ATM understands.", error="empty-line")
    if command in ("CHECK", "HELP", "QUIT"):
        if amount:
            raise NotUnderstoodError(f"{command} takes nothing after it.", command, "unexpected-argument")
        return CheckRequest(id=new_request_id()) if command == "CHECK" else command
    if command not in ("DEPOS", "WITHD"):
        raise NotUnderstoodError(f"{excerpt(word)} is no command; type HELP for what the ATM understands.")
    return money_request(command, amount)


def money_request(command: str, amount: str) -> AccountRequest:
    """Make a DEPOS or WITHD. Raises NotUnderstoodError for an amount that is none."""
    try:
        minor_units = parse_amount(amount)
    except InputError as error:
        raise NotUnderstoodError(str(error), command, "invalid-amount") from None
    make = DepositRequest if command == "DEPOS" else WithdrawRequest
    return make(id=new_request_id(), amount=minor_units)


class AtmConsole:
    """Runs the dialogue. The event loop runs while the bank is asked, not while a person thinks."""

    def __init__(self, atm: Atm, screen: Screen, runner: asyncio.Runner) -> None:
        self._atm = atm
        self._screen = screen
        self._runner = runner

    def enter(self) -> None:
        """Present the card, and settle what an earlier process left unanswered. Raises UserError."""
        self._runner.run(self._atm.connect())
        for pending in self._atm.unanswered():
            self._settle(pending)
        for path in self._atm.damaged():
            self._screen.remark(f"A request was not answered and its record {path} cannot be read; check the balance.")

    def ask_once(self, request: AccountRequest) -> int:
        """Serve one command of `atm check|deposit|withdraw`; gives the exit code. Raises UserError.

        A request like this one that was not answered earlier is what is being retried: it is repeated under its
        own id, and not made anew.
        """
        self._runner.run(self._atm.connect())
        reply = None
        for pending in self._atm.unanswered():
            if reply is None and _same(pending.request, request):
                reply = self._runner.run(self._atm.settle(pending))
                self._screen.remark(
                    "This answers the request that was sent before and not answered; it is not sent anew."
                )
            else:
                self._settle(pending)
        reply = reply or self._runner.run(self._atm.ask(request))
        self._screen.reply(reply)
        return 0 if isinstance(reply, Accepted) else EXIT_REFUSED

    def converse(self) -> int:
        """Serve lines until QUIT or the end of input; gives the exit code. Raises UserError when the channel fails.

        From a terminal 0. From a pipe 2 if a line was not understood, else 1 if the bank refused one, else 0.
        """
        refused = misunderstood = False
        interactive = sys.stdin.isatty()
        for line in _lines_from_terminal(prompt=not self._screen.as_json) if interactive else _lines_from_pipe():
            try:
                command = read_command(_text(line))
            except NotUnderstoodError as error:
                misunderstood = True
                self._screen.not_understood(error.command, error.error, str(error))
                continue
            if command == "QUIT":
                break
            if isinstance(command, str):
                self._screen.help()
            else:
                reply = self._runner.run(self._atm.ask(command))
                refused = refused or not isinstance(reply, Accepted)
                self._screen.reply(reply)
        if interactive:
            return 0
        return NotUnderstoodError.exit_code if misunderstood else EXIT_REFUSED if refused else 0

    def leave(self) -> None:
        """End the channel in order."""
        with suppress(UserError):
            self._runner.run(self._atm.close())

    def _settle(self, pending: PendingRequest) -> None:
        request = pending.request
        reply = self._runner.run(self._atm.settle(pending))
        amount = "" if isinstance(request, CheckRequest) else f" {format_amount(request.amount)}"
        if isinstance(reply, Accepted):
            outcome = f"done, balance {format_amount(reply.balance)} then"
        else:
            outcome = f"refused: {_REFUSALS[reply.error]}"
        self._screen.remark(f"{request.type}{amount} was sent before and not answered; the bank says now: {outcome}.")


def _same(pending: AccountRequest, request: AccountRequest) -> bool:
    return pending.model_dump(exclude={"id"}) == request.model_dump(exclude={"id"})


def _text(line: bytes) -> str:
    """Decode a line. Raises NotUnderstoodError for one that is too long or not UTF-8."""
    if len(line) > MAX_LINE:
        raise NotUnderstoodError(f"That line is longer than {MAX_LINE} bytes; type HELP.", error="line-too-long")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise NotUnderstoodError("That line is not UTF-8 text; type HELP.", error="not-utf-8") from None


def _lines_from_terminal(*, prompt: bool) -> Iterator[bytes]:
    """Ask for lines, with editing and history, until the end of input or Ctrl-C."""
    with suppress(ImportError):
        import readline  # noqa: F401 - its import gives `input` editing and history; absent on some systems
    while True:
        try:
            yield input("ATM> " if prompt else "").encode("utf-8", "surrogateescape")
        except UnicodeDecodeError:
            yield b"\xff"
        except (EOFError, KeyboardInterrupt):
            sys.stderr.write("\n")
            return


def _lines_from_pipe() -> Iterator[bytes]:
    """Read lines, never holding more of one than is looked at."""
    stream = sys.stdin.buffer
    while line := stream.readline(MAX_LINE + 1):
        rest = line
        while len(rest) > MAX_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE + 1)
        yield line
