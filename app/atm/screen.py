"""What the ATM shows: the bank's answers on standard output, for people or as JSON, and all else on standard error."""

import json
import os
import sys
from typing import Final, TextIO

from app.atm.commands import NotUnderstoodError
from app.atm.words import in_words
from app.protocol.messages import Accepted, AccountReply
from app.protocol.money import format_amount
from app.system.errors import UserError
from app.system.layout import folded
from app.system.output import OutputError, write_err, write_out

_STYLES: Final = {"green": "32", "red": "31", "yellow": "33", "bold red": "1;31", "dim": "2"}
"""Parameters of the terminal's SGR sequence (ECMA-48 §8.3.117). A library for this would take longer to import."""


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
            self._answer(members, sentence, style)
        except OutputError as error:
            raise UserError(
                f"{sentence}; but standard output takes no more ({error.reason}), and nothing was asked after that."
            ) from None

    def not_understood(self, error: NotUnderstoodError, line: int = 0) -> None:
        """Refuse a line here, before it reaches the bank; of a script, say which (from 1)."""
        if self.as_json:
            members = {"type": error.command, "ok": False, "error": error.error, "message": str(error)}
            self._answer(members, str(error), "red")
        else:
            self.remark(f"line {line}: {error}" if line else str(error), "red")

    def remark(self, sentence: str, style: str = "") -> None:
        """Say something that is not an answer of the bank's."""
        write_err(_shown(sentence, style, sys.stderr))

    def remarks(self, rows: list[tuple[str, str, str]]) -> None:
        """Say several things, each with a heading and the heading's style."""
        indent = max(len(heading) for heading, _, _ in rows) + 2
        for heading, style, text in rows:
            first, *rest = folded(text, sys.stderr, indent)
            write_err(f"{_painted(heading.ljust(indent), style, sys.stderr)}{first}\n")
            for line in rest:
                write_err(f"{' ' * indent}{line}\n")

    def _answer(self, members: dict[str, object], sentence: str, style: str) -> None:
        if self.as_json:
            write_out(json.dumps(members, separators=(",", ":")) + "\n")
        else:
            write_out(_shown(sentence, style, sys.stdout))


def _shown(text: str, style: str, stream: TextIO) -> str:
    return "".join(f"{_painted(line, style, stream)}\n" for line in folded(text, stream))


def _painted(text: str, style: str, stream: TextIO) -> str:
    plain = not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
    return text if plain or not style else f"\x1b[{_STYLES[style]}m{text}\x1b[0m"
