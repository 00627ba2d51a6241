"""Lines of a log that repeat themselves: the first few as they are, and then how many there were."""

import logging
import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

BURST: Final = 20
"""Lines of one kind that are written within a window; the rest of them are counted."""

WINDOW_SECONDS: Final = 30.0

MAX_KINDS: Final = 256
"""Kinds that are told apart at a time; what comes beyond is taken together, by its logger."""

_KIND_LENGTH: Final = 120
_NUMBER: Final = re.compile(r"0x[0-9a-f]+|\d+")

Kind = tuple[object, ...]


@dataclass
class _Window:
    """One kind since `since` (seconds): what was written of it, and what was not."""

    since: float
    written: int = 0
    kept_back: int = 0
    last: logging.LogRecord | None = None


class Summary:
    """Decides which records are written, and sums up the others at the end of each window.

    A kind that overflows is summed up, a line a window, until a window passes that has room for all of it.
    """

    def __init__(self) -> None:
        self._windows: dict[Kind, _Window] = {}

    def admits(self, kind: Kind, record: logging.LogRecord, now: float) -> bool:
        """Whether to write this record, which is of that kind; one that is not is counted."""
        if kind not in self._windows and len(self._windows) >= MAX_KINDS:
            kind = kind[:1]
        window = self._windows.setdefault(kind, _Window(now))
        if window.written < BURST:
            window.written += 1
            return True
        window.kept_back += 1
        window.last = record
        return False

    def due(self, now: float) -> float | None:
        """Seconds until a window ends, or None where nothing is counted."""
        if not self._windows:
            return None
        return max(0.0, min(window.since for window in self._windows.values()) + WINDOW_SECONDS - now)

    def take(self, now: float, *, all_of_them: bool = False) -> list[logging.LogRecord]:
        """Give a record for each kind whose window is over and that was not written whole; begin new windows."""
        said: list[logging.LogRecord] = []
        for kind, window in tuple(self._windows.items()):
            if not all_of_them and now < window.since + WINDOW_SECONDS:
                continue
            if window.last is not None:
                said.append(_summed_up(window, now))
            if window.kept_back > BURST:  # it goes on: what comes next is counted from its first
                self._windows[kind] = _Window(now, written=BURST)
            else:
                del self._windows[kind]
        return said


def kind_of(record: logging.LogRecord) -> Kind:
    """What makes two lines alike: logger, level, message without its numbers, and its members of an enumeration.

    Those are the reasons for which something failed; other arguments are addresses and the like, and never the same.
    """
    template, *_ = str(record.msg)[:_KIND_LENGTH].split("\n", 1)
    arguments = record.args if isinstance(record.args, tuple) else ()
    reasons = tuple(str(argument) for argument in arguments if isinstance(argument, Enum))
    error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
    return record.name, record.levelno, _NUMBER.sub("#", template), reasons, error


def _summed_up(window: _Window, now: float) -> logging.LogRecord:
    last = window.last
    if last is None:
        raise ValueError("nothing was kept back")
    members = dict(last.__dict__)
    members["repeated"] = window.kept_back
    members["seconds"] = max(1, round(now - window.since))
    return logging.makeLogRecord(members)
