"""Lists as tables for people, and as JSON objects for programs."""

import io
import json
import sys
from typing import Final, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.system.layout import can_show, in_letters_of
from app.system.output import write_out
from framework.printable import printable

_NEVER_WRAPPED: Final = 100_000
"""Columns that a pipe is taken to have: there a row is a line, for grep."""


def table_of(*headings: str) -> Table:
    """Make a table without lines; the last column but none other gives way when the terminal is narrow."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    cut: Literal["ellipsis", "crop"] = "ellipsis" if can_show("…", sys.stdout) else "crop"
    for heading in headings[:-1]:
        table.add_column(heading, no_wrap=heading != "offers", overflow=cut)
    table.add_column(headings[-1])
    return table


def rendered(table: Table) -> str:
    """Lay out for standard output, but not onto it, for it may refuse: see app.system.output."""
    terminal = sys.stdout.isatty()
    width = None if terminal else _NEVER_WRAPPED
    console = Console(file=io.StringIO(), highlight=False, force_terminal=terminal, width=width)
    with console.capture() as capture:
        console.print(table)
    return "".join(f"{line.rstrip(' ')}\n" for line in capture.get().splitlines())


def text_of(text: str, style: str = "") -> Text:
    """What a plugin says of itself, allowed or not: neither markup nor a terminal's commands."""
    return Text(in_letters_of(sys.stdout, printable(text)), style)


def print_json(rows: list[dict[str, object]]) -> None:
    """Print an object a line, in ASCII: what a plugin says of itself is read back whole, and moves no cursor."""
    write_out("".join(json.dumps(row) + "\n" for row in rows))
