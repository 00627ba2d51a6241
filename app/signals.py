"""Ctrl-C and SIGTERM: at once while nothing has been begun, in order from then on."""

import signal
from collections.abc import Iterator
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

    What `ignore_signals` has put away meanwhile is not brought back at the end.
    """

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(code)

    interrupt = signal.getsignal(signal.SIGINT)
    if interrupt is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    terminate = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        for number, handler in ((signal.SIGTERM, terminate), (signal.SIGINT, interrupt)):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, handler)


@contextmanager
def holding_signals() -> Iterator[None]:
    """Within, Ctrl-C and SIGTERM wait; at the end the first of them comes."""
    came: list[int] = []

    def wait(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    handlers = {number: signal.getsignal(number) for number in _ENDING_SIGNALS}
    try:
        for number, handler in handlers.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, wait)
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])


def ignore_signals() -> None:
    """Hear neither from here to the end of the process: its work is done, and its exit code must say so."""
    for number in _ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
