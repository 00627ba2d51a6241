"""Ctrl-C and SIGTERM: at once while nothing has been begun, in order from then on."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


def end_at_once() -> None:
    """Let Ctrl-C end this process as it ends any other: an import that it cuts short would show a traceback.

    Where it is ignored, as in the background of a shell script, it stays so.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Within, Ctrl-C raises KeyboardInterrupt and SIGTERM SystemExit: what was begun is ended by its `finally`."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    interrupt = signal.getsignal(signal.SIGINT)
    if interrupt is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    terminate = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, terminate)
        signal.signal(signal.SIGINT, interrupt)
