"""The clock of one channel (PROTOCOL §6.6)."""

import time
from collections.abc import Callable

WallClock = Callable[[], float]
"""Gives Unix time in seconds."""


class ChannelClock:
    """The wall clock as it was at the beginning, plus the monotonic time since: nobody sets it in mid-session."""

    def __init__(self, wall_clock: WallClock = time.time) -> None:
        self._offset = wall_clock() - time.monotonic()

    def now(self) -> int:
        """Unix time in whole milliseconds."""
        return int((self._offset + time.monotonic()) * 1000)
