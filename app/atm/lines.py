"""The lines that a person types or a script sends."""

import sys
from collections.abc import Callable, Iterator
from typing import Final

from app.atm.commands import NotUnderstoodError
from app.system.output import write_err

MAX_LINE: Final = 1024
"""Bytes of a line that are looked at. Whatever the console understands has a few dozen at most."""

PROMPT: Final = "ATM> "


def text_of(line: bytes) -> str:
    """Decode a line. Raises NotUnderstoodError for one that is too long or not UTF-8."""
    if len(line.removesuffix(b"\n")) > MAX_LINE:
        raise NotUnderstoodError(f"That line is longer than {MAX_LINE} bytes; type HELP.", error="line-too-long")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise NotUnderstoodError("That line is not UTF-8 text; type HELP.", error="not-utf-8") from None


def lines_from_terminal(prompt: str) -> Iterator[bytes]:
    """Ask for lines, with editing and history, until the end of input or Ctrl-C."""
    read = _way_to_read()
    while True:
        try:
            yield read(prompt).encode("utf-8", "surrogateescape")
        except UnicodeDecodeError:
            yield b"\xff"
        except (EOFError, KeyboardInterrupt):
            write_err("\n")
            return


def _way_to_read() -> Callable[[str], str]:
    """Choose how to ask for a line: with `input`, or where `input` would not do, by hand.

    `input` would put the prompt into a file, where standard output is one, and without readline it would not wait.
    """
    if not sys.stdout.isatty():
        return _ask_beside_stdout
    try:
        import readline  # noqa: F401 - its import gives `input` editing, history, and patience
    except ImportError:  # absent on some systems: a terminal that does not block would then be at its end
        return _ask_beside_stdout
    return input


def _ask_beside_stdout(prompt: str) -> str:
    write_err(prompt)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def lines_from_pipe() -> Iterator[bytes]:
    """Read lines, each when it is whole. Of a line that is too long, only the part that is looked at is held.

    The last line may lack its end. It counts as a line when the input has ended.
    """
    stream = sys.stdin.buffer
    while line := stream.readline(MAX_LINE + 2):
        rest = line
        while len(rest) > MAX_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE + 2)
        yield line
