"""Ctrl-C, SIGTERM and the end of the terminal: at once while nothing has been begun, in order from then on."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from app.system.first_signals import ENDING_SIGNALS, hear_nothing
from framework import Interruption


class EndedBySignal(SystemExit, Interruption):
    """SIGTERM or SIGHUP has come; the process leaves with `code`. Any other SystemExit is somebody's mistake.

    A plugin that is at work in that moment is not blamed for it.
    """


@contextmanager
def ending_in_order(code: int = 0) -> Iterator[None]:
    """Within, Ctrl-C raises KeyboardInterrupt, and SIGTERM and SIGHUP raise EndedBySignal(code).

    What was begun is ended by its `finally`. The first that comes is the only one to the end of the process: a second
    would cut short what is said and tidied up for the first. What may be cut short even then is put within another of
    these. What is ignored stays ignored.
    """

    def end(number: int, _frame: FrameType | None) -> None:
        for each in ENDING_SIGNALS:
            signal.signal(each, hear_nothing)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise EndedBySignal(code)

    before = {number: signal.getsignal(number) for number in heard_signals()}
    try:
        for number in before:
            signal.signal(number, end)
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is end:
                signal.signal(number, handler)


def heard_signals() -> list[int]:
    """Those that are not ignored. What is ignored from the start, as in the background of a script, stays so."""
    return [number for number in ENDING_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]


@contextmanager
def holding_signals(cut: Callable[[], object] | None = None) -> Iterator[None]:
    """Within, these signals wait; at the end the first of them comes, unless something else was raised.

    Each calls `cut`. None is raised within: an event loop that an exception leaves anywhere may have lost a callback,
    and is then waited for without end.
    """
    came: list[int] = []

    def wait(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        if cut is not None:
            cut()

    handlers = {number: signal.getsignal(number) for number in heard_signals()}
    try:
        for number in handlers:
            signal.signal(number, wait)
        yield
    finally:
        for number, handler in handlers.items():
            if signal.getsignal(number) is wait:
                signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])


def ignore_signals() -> None:
    """Hear none from here to the end of the process: its work is done, and its exit code must say so."""
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
