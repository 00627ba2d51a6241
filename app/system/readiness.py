"""Waiting until a descriptor can be read or written, whichever way it was opened and whatever number it has."""

import os
import select
import time
from typing import Final

_RETRY_SECONDS: Final = 0.05
"""Pause before another attempt where the system cannot tell: macOS does not poll every device."""


def wait_readable(descriptor: int, seconds: float | None = None) -> bool:
    """Wait for data or the end of it, at most so long; gives whether there is either. `select` ends at 1,023."""
    return _wait(descriptor, select.POLLIN, seconds)


def wait_writable(descriptor: int, seconds: float | None = None) -> bool:
    """Wait for room, or for an error that a write will tell, at most so long; gives whether there is either."""
    return _wait(descriptor, select.POLLOUT, seconds)


def write_all(descriptor: int, data: bytes | memoryview, seconds: float | None = None) -> None:
    """Write all of it, waiting for room also where the descriptor does not block.

    With `seconds`, no single wait is longer: a pipe that is full is given up. Raises OSError, TimeoutError among them.
    """
    left = memoryview(data)
    while left:
        if seconds is None:
            piece = left
        else:
            piece = left[: select.PIPE_BUF]  # so much is taken at once by a pipe that has room at all
            if not wait_writable(descriptor, seconds):
                raise TimeoutError
        try:
            left = left[os.write(descriptor, piece) :]
        except BlockingIOError:  # whoever shares it has set O_NONBLOCK
            if not wait_writable(descriptor, seconds):
                raise TimeoutError from None


def _wait(descriptor: int, event: int, seconds: float | None) -> bool:
    poll = select.poll()
    poll.register(descriptor, event)
    found = poll.poll(None if seconds is None else max(0, seconds) * 1000)
    if any(state & select.POLLNVAL for _, state in found):
        time.sleep(_RETRY_SECONDS if seconds is None else min(seconds, _RETRY_SECONDS))
    return bool(found)
