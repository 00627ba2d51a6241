"""A log that nobody reads stops nothing: lines are dropped, counted, and said when there is room again."""

import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.system.log_summary import BURST, WINDOW_SECONDS
from app.system.log_thread import MAX_LINES, BackgroundHandler, logging_in_background
from app.system.logs import make_formatter
from tests.e2e.programs import wait_until


class Pipe:
    """A pipe that is standard error."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()

    def fill(self) -> int:
        """Leave room for nothing; gives how many bytes that took."""
        os.set_blocking(self.writer, False)
        filled = 0
        try:
            while True:
                filled += os.write(self.writer, b"." * 512)
        except BlockingIOError:
            return filled
        finally:
            os.set_blocking(self.writer, True)

    def read(self) -> str:
        """Everything to the end, once the writer is closed."""
        os.close(self.writer)
        with os.fdopen(self.reader, "rb") as stream:
            return stream.read().decode()


@pytest.fixture
def pipe() -> Pipe:
    return Pipe()


@contextmanager
def handled(pipe: Pipe, *, as_json: bool = False) -> Iterator[logging.Logger]:
    handler = BackgroundHandler(pipe.writer, make_formatter(as_json=as_json))
    handler.start()
    logger = logging.Logger("suitecase.test")
    logger.addHandler(handler)
    try:
        yield logger
    finally:
        handler.end()


def test_lines_are_written_in_order_and_all_before_the_end(pipe: Pipe) -> None:
    with handled(pipe) as logger:
        for at in range(BURST):
            logger.info("line %s", at)
    assert [line.split()[-1] for line in pipe.read().splitlines()] == [str(at) for at in range(BURST)]


@pytest.mark.parametrize("as_json", [False, True])
def test_a_full_pipe_stops_nobody_and_what_was_dropped_is_counted(pipe: Pipe, as_json: bool) -> None:
    filled = pipe.fill()
    lines = 3 * MAX_LINES
    with handled(pipe, as_json=as_json) as logger:
        for at in range(lines):
            logger.info("".join(chr(97 + at // 26**power % 26) for power in range(4)))  # noqa: G004, RUF100
            logger.log(logging.WARNING, "x")
        assert os.read(pipe.reader, filled) == b"." * filled
    said = pipe.read()
    if as_json:
        assert all(isinstance(json.loads(line), dict) for line in said.splitlines())
    assert "repeated" in said


def test_drops_are_said_when_there_is_room_again(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.system.log_thread.MAX_LINES", 5)
    filled = pipe.fill()
    with handled(pipe) as logger:
        (handler,) = logger.handlers
        assert isinstance(handler, BackgroundHandler)
        logger.info("line %s", 0)
        wait_until(lambda: not handler._lines)  # the thread has taken it, and waits for room
        for at in range(1, BURST):
            logger.info("line %s", at)
        assert os.read(pipe.reader, filled) == b"." * filled
    lines = pipe.read().splitlines()
    assert [line.split()[-1] for line in lines[:-1]] == ["0", "1", "2", "3", "4", "5"]
    assert f"{BURST - 6} lines of this log were dropped" in lines[-1]


def test_the_end_does_not_wait_for_a_reader_that_does_not_read(pipe: Pipe) -> None:
    filled = pipe.fill()
    with handled(pipe) as logger:
        logger.error("nobody reads this")
    assert os.read(pipe.reader, filled) == b"." * filled  # lets the thread go
    assert os.read(pipe.reader, 4096).endswith(b"nobody reads this\n")


def test_where_no_thread_can_start_lines_are_written_as_they_come(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with handled(pipe) as logger:
        logger.info("first")
        assert os.read(pipe.reader, 4096).endswith(b"first\n")
        filled = pipe.fill()
        logger.info("lost")
        logger.info("lost too")
        os.read(pipe.reader, filled)
        logger.info("again")
    assert [line.split(": ", 1)[1].split(":")[0] for line in pipe.read().splitlines()] == [
        "again",
        "2 lines of this log were dropped",
    ]


def test_a_record_that_cannot_be_made_text_stops_nothing(pipe: Pipe) -> None:
    with handled(pipe) as logger:
        logger.info("%d and %d", *["one"])
        logger.info("after it")
    said = pipe.read()
    assert "%d and %d" in said
    assert "after it" in said


class Unspeakable:
    def __str__(self) -> str:
        raise LookupError


@pytest.mark.parametrize("as_json", [False, True])
def test_a_record_whose_extra_has_no_text_does_not_end_the_log(pipe: Pipe, as_json: bool) -> None:
    """Neither where it is logged, nor in the thread, which sums up those that came too often, nor at the end."""
    with handled(pipe, as_json=as_json) as logger:
        (handler,) = logger.handlers
        assert isinstance(handler, BackgroundHandler)
        for _ in range(2 * BURST):
            logger.info("bad", extra={"what": Unspeakable()})
        assert handler._thread is not None
        with handler._changed:
            for window in handler._summary._windows.values():
                window.since -= WINDOW_SECONDS  # it is over
            handler._changed.notify()
        wait_until(lambda: not handler._summary._windows)
        logger.info("after them")
    assert "after them" in pipe.read()


def test_what_is_dropped_is_counted_under_the_lock(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: logging.LogRecord) -> None:
        raise LookupError

    monkeypatch.setattr("app.system.log_thread.kind_of", never)
    with handled(pipe) as logger:
        (handler,) = logger.handlers
        assert isinstance(handler, BackgroundHandler)
        thread = threading.Thread(target=logger.info, args=("bad",))
        with handler._changed:
            thread.start()
            thread.join(0.2)
            assert handler._dropped == 0
        thread.join()
    assert "1 lines of this log were dropped" in pipe.read()


def test_what_others_would_print_is_logged_without_its_text(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    with os.fdopen(os.dup(pipe.writer), "w") as stream, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        with logging_in_background(as_json=False):
            thread = threading.Thread(target=fail)
            thread.start()
            thread.join()
            message = "Task exception was never retrieved\nfuture: <Task exception=ValueError('4711')>"
            logging.getLogger("asyncio").error(message)
            logging.getLogger("suitecase.test").warning("two\nlines %s", "\x1b[2J")
    said = pipe.read()
    assert "a thread failed [ValueError at " in said
    assert "Task exception was never retrieved\n" in said
    assert "two\\nlines \\x1b[2J" in said
    assert "4711" not in said
    assert len(said.splitlines()) == 3


def fail() -> None:
    raise ValueError("4711")
