"""What is said on the standard streams, which may be full, or read by nobody."""

import os
import sys
from typing import Final

from app.system.errors import UserError
from app.system.first_signals import ending_has_come
from app.system.readiness import wait_writable

_LAST_WORDS_SECONDS: Final = 2.0


class OutputError(UserError):
    """Standard output takes no more, and `reason` is why."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Standard output takes no more: {reason}; make room, or send it elsewhere.")
        self.reason = reason


class ReaderGoneError(OutputError):
    """Whoever read the standard output has gone, as `head` does when it has enough. Nobody needs to be told."""


def write_out(text: str) -> None:
    """Write to standard output, at once. Raises OutputError."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        raise abandon_output(error) from None


def write_err(text: str) -> None:
    """Write to standard error, at once. What cannot be written there cannot be told to anybody.

    After a signal that ends the program, whoever reads it has a moment and no more.
    """
    try:
        if ending_has_come() and not wait_writable(2, _LAST_WORDS_SECONDS):
            _give_up(2)
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _give_up(2)


def abandon_output(error: OSError) -> OutputError:
    """Write nothing more to standard output, which refused; gives what to raise."""
    _give_up(1)
    kind = ReaderGoneError if isinstance(error, BrokenPipeError) else OutputError
    return kind(error.strerror or type(error).__name__)


def _give_up(descriptor: int) -> None:
    """Let what is buffered, and all that follows, go to nothing: the interpreter flushes once more at its end."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, descriptor)
    os.close(nothing)
