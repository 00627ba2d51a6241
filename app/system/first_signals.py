"""What of signals is needed before anything else: it imports nothing of ours, which may be hidden or not be whole."""

import signal
from types import FrameType
from typing import Final

ENDING_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What asks a program to end. SIGHUP is what a terminal that is closed sends; `nohup` has it ignored."""


def end_at_once() -> None:
    """Let Ctrl-C end this process as it ends any other: an import that it cuts short would show a traceback.

    Where it is ignored, as in the background of a shell script, it stays so.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def ending_has_come() -> bool:
    """Whether one of them has come that ends what runs within `app.system.signals.ending_in_order`."""
    return any(signal.getsignal(number) is hear_nothing for number in ENDING_SIGNALS)


def hear_nothing(_number: int, _frame: FrameType | None) -> None:
    """Handle a signal that comes after the first."""
