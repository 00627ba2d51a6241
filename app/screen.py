"""What the ATM shows: the bank's answers on standard output, for people or as JSON, and all else on standard error."""

import io
import json
import sys
from typing import Final, TextIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from app.errors import InputError, UserError
from app.messages import Accepted, AccountReply, Refusal
from app.money import format_amount
from app.output import OutputError, write_err, write_out

_NEVER_WRAPPED: Final = 100_000
"""Columns that a pipe is taken to have: there a row is a line, for grep."""

_REFUSALS: Final = {
    Refusal.INSUFFICIENT_FUNDS: "there is not enough money in the account",
    Refusal.BALANCE_LIMIT: "the account cannot hold that much",
    Refusal.REQUEST_ID_REUSED: "the request's id was used for another request",
    Refusal.CARD_REQUIRED: "a card must be presented first",
    Refusal.CARD_REFUSED: "the card is not good",
    Refusal.CARD_ALREADY_PRESENTED: "a card has been presented already",
    Refusal.BAD_REQUEST: "the bank did not understand the request",
}


class NotUnderstoodError(InputError):
    """What was typed is no command. `command` is its first word if that is one of ours, `error` a word for programs."""

    def __init__(self, sentence: str, command: str = "ERROR", error: str = "unknown-command") -> None:
        super().__init__(sentence)
        self.command = command
        self.error = error


class Screen:
    """Shows answers and remarks; in colour where it is a terminal that it shows them on."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def reply(self, reply: AccountReply) -> None:
        """Show the bank's answer. Raises UserError, which says it too, where it cannot be shown."""
        sentence = f"{reply.type} {in_words(reply)}"
        style = "green" if isinstance(reply, Accepted) else "red"
        members: dict[str, object] = {"type": reply.type, "ok": reply.ok}
        if isinstance(reply, Accepted):
            members["balance"] = format_amount(reply.balance)
        else:
            members["error"] = str(reply.error)
        try:
            self._answer(members, Text(sentence, style))
        except OutputError as error:
            raise UserError(
                f"{sentence}; but standard output takes no more ({error.reason}), and nothing was asked after that."
            ) from None

    def not_understood(self, error: NotUnderstoodError) -> None:
        """Refuse a line here, before it reaches the bank."""
        if self.as_json:
            members = {"type": error.command, "ok": False, "error": error.error, "message": str(error)}
            self._answer(members, Text())
        else:
            self.remark(str(error), "red")

    def remark(self, sentence: str, style: str = "") -> None:
        """Say something that is not an answer of the bank's."""
        write_err(rendered(Text(sentence, style), sys.stderr))

    def remarks(self, rows: list[tuple[str, str, str]]) -> None:
        """Say several things, each with a heading and the heading's style."""
        grid = Table.grid(padding=(0, 2))
        for heading, style, text in rows:
            grid.add_row(Text(heading, style, no_wrap=True), text)
        write_err(rendered(grid, sys.stderr))

    def _answer(self, members: dict[str, object], text: Text) -> None:
        write_out(json.dumps(members, separators=(",", ":")) + "\n" if self.as_json else rendered(text, sys.stdout))


def in_words(reply: AccountReply) -> str:
    """Put the bank's answer in words."""
    if isinstance(reply, Accepted):
        return f"ok, balance {format_amount(reply.balance)}"
    return f"refused: {_REFUSALS[reply.error]}"


def rendered(content: RenderableType, stream: TextIO) -> str:
    """Lay out for a stream: in the terminal's width and colours, or plain and a line a row."""
    terminal = stream.isatty()
    # Not onto the stream itself, which may refuse it: see app.output.
    console = Console(
        file=io.StringIO(), highlight=False, force_terminal=terminal, width=None if terminal else _NEVER_WRAPPED
    )
    with console.capture() as capture:
        console.print(content)
    return "".join(f"{line.rstrip(' ')}\n" for line in capture.get().splitlines())
