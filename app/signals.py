"""Ctrl-C and SIGTERM: at once while nothing has been begun, in order from then on."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_ENDING_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def end_at_once() -> None:
    """Let Ctrl-C end this process as it ends any other: an import that it cuts short would show a traceback.

    Where it is ignored, as in the background of a shell script, it stays so.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def ending_in_order(code: int = 0) -> Iterator[None]:
    """Within, Ctrl-C raises KeyboardInterrupt and SIGTERM SystemExit(code): what was begun is ended by its `finally`.

    The first that comes is the only one to the end of the process: a second would cut short what is said and tidied up
    for the first. What may be cut short even then is put within another of these. What is ignored stays ignored.
    """

    def end(number: int, _frame: FrameType | None) -> None:
        for each in _ENDING_SIGNALS:
            signal.signal(each, _hear_nothing)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(code)

    before = {number: signal.getsignal(number) for number in _ENDING_SIGNALS}
    heard = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    try:
        for number in heard:
            signal.signal(number, end)
        yield
    finally:
        for number in heard:
            if signal.getsignal(number) is end:
                signal.signal(number, before[number])


def _hear_nothing(_number: int, _frame: FrameType | None) -> None:
    pass


@contextmanager
def holding_signals(cut: Callable[[], object] | None = None) -> Iterator[None]:
    """Within, Ctrl-C and SIGTERM wait; at the end the first of them comes, unless something else was raised.

    Each calls `cut`. None is raised within: an event loop that an exception leaves anywhere may have lost a callback,
    and is then waited for without end.
    """
    came: list[int] = []

    def wait(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        if cut is not None:
            cut()

    handlers = {number: signal.getsignal(number) for number in _ENDING_SIGNALS}
    try:
        for number, handler in handlers.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, wait)
        yield
    finally:
        for number, handler in handlers.items():
            if signal.getsignal(number) is wait:
                signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])


def ignore_signals() -> None:
    """Hear neither from here to the end of the process: its work is done, and its exit code must say so."""
    for number in _ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
