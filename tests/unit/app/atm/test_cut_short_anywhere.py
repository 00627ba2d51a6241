"""A signal before any line of the ATM: what is said is what lies on the disk."""

import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import app
from app.protocol.messages import AccountRequest
from app.system.errors import ChannelFailedError
from tests.unit.app.atm.desk import REMEMBERED, SIGNALS, Desk, deposit, signals_outside_the_program

APP = Path(app.__file__).parent
STEPS_OF = tuple(
    str(APP / f"{name}.py")
    for name in (
        *("atm/client", "atm/console", "atm/interruptible", "atm/once", "atm/screen", "atm/teller"),
        *("atm/pending/request", "atm/pending/store"),
        *("system/files", "system/interruption", "system/output", "system/signals"),
    )
)


def test_every_file_that_is_named_is_there() -> None:
    assert all(map(os.path.exists, STEPS_OF))


class Interruption:
    """Brings signals before one line of the product, counted from the start of the work."""

    def __init__(self, line: int, number: int) -> None:
        self.came = False
        self._left = line
        self._number = number
        self._before = sys.gettrace()

    def __enter__(self) -> "Interruption":
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_exc_info: object) -> None:
        sys.settrace(self._before)

    def _trace(self, frame: FrameType, event: str, _argument: object) -> "Callable[..., Any] | None":
        if frame.f_code.co_filename not in STEPS_OF:
            return None
        if event == "line" and not self.came:
            self._left -= 1
            if self._left < 0:
                self.came = True
                signal.raise_signal(self._number)
        return self._trace


def one_command(desk: Desk, request: AccountRequest) -> int:
    return desk.once(request)


def a_line(desk: Desk, request: AccountRequest) -> int:
    """As `desk.lines` does, with a request whose id is known."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.atm.console.read_command", lambda _line: request)
        return desk.lines("DEPOS 5")


class Process:
    """What the end of a process would do: close every file that was opened, and so let go of the records."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._opened: list[tuple[int, int]] = []
        self._real = os.open
        patch.setattr(os, "open", self._open)

    def _open(self, path: Any, *arguments: Any, **options: Any) -> int:
        descriptor = self._real(path, *arguments, **options)
        self._opened.append((descriptor, os.fstat(descriptor).st_ino))
        return descriptor

    def end(self) -> None:
        while self._opened:
            descriptor, number = self._opened.pop()
            with suppress(OSError):
                if os.fstat(descriptor).st_ino == number:
                    os.close(descriptor)


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)  # thousands of them, and no power is cut here
    return Process(monkeypatch)


def confined(work: Callable[[], int | None]) -> Iterator[int | None]:
    """Work in a generator, which has a state of its own for the exceptions that are being handled.

    CPython leaves one there for ever when a trace function raises at certain lines of its handling.
    """
    yield work()


def interrupted(
    process: Process, work: Callable[[], int | None], line: int, number: int
) -> tuple[int | None, str] | None:
    """The exit code, or what is said of the interruption; None when the work has no such line."""
    signals_outside_the_program()
    code, said = None, ""
    with Interruption(line, number) as interruption:
        try:
            code = next(confined(work))
        except ChannelFailedError as error:
            said = str(error)
        except (KeyboardInterrupt, SystemExit):
            pass
    process.end()
    assert sys.exc_info() == (None, None, None)
    return (code, said) if interruption.came else None


@pytest.mark.parametrize("ask", [one_command, a_line])
def test_cut_short_before_any_line_what_is_said_is_what_lies_on_the_disk(
    desk: Desk,
    process: Process,
    capsys: pytest.CaptureFixture[str],
    ask: Callable[[Desk, AccountRequest], int],
) -> None:
    desk.once(deposit(1))  # all is imported, and the directory is there
    seen = set()
    for line in itertools.count():
        request, balance = deposit(), desk.balance
        capsys.readouterr()
        ending = interrupted(process, partial(ask, desk, request), line, SIGNALS[line % 2])
        if ending is None:
            break
        code, said = ending
        told, remembered = "DEPOS ok" in capsys.readouterr().out, desk.pending.holds(request)
        seen.add((told, remembered))
        assert remembered == (REMEMBERED in said), (line, said)
        if remembered:
            assert desk.once(deposit()) == 0
            assert (
                "which was cut short before. The money moves once; the balance is the one right"
                in capsys.readouterr().err
            ), line
        assert desk.balance == balance + (500 if told or remembered else 0), (line, said)
        assert ask is a_line or (code == 0) == (told and not remembered), (line, code)
        assert desk.records() == [], line
    assert seen == {(False, False), (False, True), (True, True), (True, False)}


def test_cut_short_before_any_line_of_settling_none_is_forgotten_untold_or_left_unsaid(
    desk: Desk, process: Process, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.once(deposit(1))
    seen = set()
    for line in itertools.count():
        balance = desk.balance
        for amount in (100, 200):
            desk.pending.begin(deposit(amount)).release()
        capsys.readouterr()
        ending = interrupted(process, desk.settle_all, line, SIGNALS[line % 2])
        if ending is None:
            break
        told, left = capsys.readouterr().err.count("the bank answered: ok"), len(desk.records())
        seen.add((told, left))
        assert told + left >= 2, (line, ending)
        assert told == 0 or left == 0 or REMEMBERED in ending[1] or "Still open: DEPOS 2.00." in ending[1], line
        desk.settle_all()
        assert capsys.readouterr().err.count("the bank answered: ok") == left
        assert desk.balance == balance + 300
    assert seen == {(0, 2), (1, 2), (1, 1), (2, 1), (2, 0)}
