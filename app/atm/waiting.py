"""What a person at a terminal sees while the bank takes its time."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Final

from app.system.layout import can_show, in_letters_of

SILENT_SECONDS: Final = 2.0
"""How long nothing is shown. A bank that is well answers long before."""


@contextmanager
def waiting_for_the_bank() -> Iterator[None]:
    """Show on a terminal, after a while, that the program waits for the bank. At the end nothing of it is left.

    It is shown on standard error. Signals must end the program in order meanwhile, for the cursor is hidden.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield
        return
    over = Event()

    def show() -> None:
        with suppress(Exception):  # nothing of this is worth an error
            if over.wait(SILENT_SECONDS):
                return
            from rich.console import Console  # only now: it takes its time

            sentence = in_letters_of(sys.stderr, "waiting for the bank…")
            spinner = "dots" if can_show("⠋", sys.stderr) else "line"
            with Console(stderr=True).status(sentence, spinner=spinner, spinner_style="dim"):
                over.wait()

    shown = Thread(target=show, name="waiting", daemon=True)
    try:
        shown.start()
    except RuntimeError:  # no thread to be had: nothing is shown
        yield
        return
    try:
        yield
    finally:
        over.set()
        shown.join()
