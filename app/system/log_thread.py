"""The log of a program that serves: a thread of its own writes it, so that no slow reader of it stops the work."""

import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from app.system.log_summary import Summary, kind_of
from app.system.logs import make_formatter, self_contained
from app.system.readiness import write_all

MAX_LINES: Final = 2_000
"""Lines that wait to be written; what comes when there are so many is dropped, and counted."""

FLUSH_SECONDS: Final = 1.0
"""How long the end of the program waits for its last lines to be written."""

logger = logging.getLogger("suitecase.log")


class BackgroundHandler(logging.Handler):
    """Takes records from any thread at once, and has them written to a descriptor. Started and ended by itself."""

    def __init__(self, descriptor: int, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self._descriptor = descriptor
        self._summary = Summary()
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._ending = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to write. Where the system has no thread for it, lines are written as they come, if there is room."""
        thread = threading.Thread(target=self._run, name="log", daemon=True)
        with suppress(RuntimeError):
            thread.start()
            self._thread = thread

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record. Never waits, and never raises."""
        try:
            kind, plain, now = kind_of(record), self_contained(record), time.monotonic()
            with self._changed:
                if self._summary.admits(kind, plain, now):
                    self._put(plain)
                self._changed.notify()
            if self._thread is None:
                self._write_what_there_is_room_for(now)
        except Exception:  # noqa: BLE001 - a line that cannot be made stops nothing
            self._drop(1)

    def end(self) -> None:
        """Write what is left, in `FLUSH_SECONDS` at most, and take no more."""
        now = time.monotonic()
        with self._changed:
            for record in self._summary.take(now, all_of_them=True):
                self._put(record)
            self._ending = True
            self._changed.notify()
        if self._thread is None:
            self._write_what_there_is_room_for(now)
        else:
            self._thread.join(FLUSH_SECONDS)

    def _put(self, record: logging.LogRecord) -> None:
        if len(self._lines) >= MAX_LINES:
            self._drop(1)
            return
        try:
            self._lines.append(self.format(record))
        except Exception:  # noqa: BLE001 - as above; and in the thread it would end the log
            self._drop(1)

    def _drop(self, count: int) -> None:
        with self._changed:  # which may be held: it can be entered twice
            self._dropped += count

    def _run(self) -> None:
        while True:
            with self._changed:
                text = self._next()
            if text is None:
                return
            self._write(text)

    def _next(self) -> str | None:
        """Wait for lines; gives them, or None at the end."""
        while True:
            now = time.monotonic()
            for record in self._summary.take(now):
                self._put(record)
            if text := self._taken():
                return text
            if self._ending:
                return None
            self._changed.wait(self._summary.due(now))

    def _taken(self) -> str:
        """Take all that waits, and what is to be said of the dropped lines."""
        lines = [*self._lines]
        self._lines.clear()
        if self._dropped:
            lines.append(self.format(_about_dropped(self._dropped)))
            self._dropped = 0
        return "".join(f"{line}\n" for line in lines)

    def _write(self, text: str, seconds: float | None = None) -> None:
        try:
            write_all(self._descriptor, text.encode("utf-8", "backslashreplace"), seconds)
        except TimeoutError:
            self._drop(text.count("\n"))
        except OSError:  # a log that takes no more cannot be told of
            pass

    def _write_what_there_is_room_for(self, now: float) -> None:
        with self._changed:
            for record in self._summary.take(now):
                self._put(record)
            self._write(self._taken(), seconds=0)


@contextmanager
def logging_in_background(*, as_json: bool) -> Iterator[None]:
    """Within, logs are written by a thread; what other parts of Python would print is logged too, without its text."""
    root = logging.getLogger()
    before = root.handlers[:]
    hooks = sys.unraisablehook, threading.excepthook
    handler = BackgroundHandler(sys.stderr.fileno(), make_formatter(as_json=as_json))
    handler.start()
    try:
        root.handlers[:] = [handler]
        sys.unraisablehook = _log_unraisable
        threading.excepthook = _log_of_thread
        logging.captureWarnings(True)
        yield
    finally:
        logging.captureWarnings(False)
        sys.unraisablehook, threading.excepthook = hooks
        root.handlers[:] = before
        handler.end()


def _about_dropped(count: int) -> logging.LogRecord:
    message = "%d lines of this log were dropped: whoever reads it is too slow"
    return logger.makeRecord(logger.name, logging.WARNING, __file__, 0, message, (count,), None)


def _log_unraisable(unraisable: "sys.UnraisableHookArgs") -> None:
    error = unraisable.exc_value
    if error is not None:
        logger.error("an error that nobody could be told of", exc_info=error)


def _log_of_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None:
        logger.error("a thread failed", exc_info=ended.exc_value)
