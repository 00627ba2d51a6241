"""The console as a person drives it, in a terminal."""

import fcntl
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.system.private_directories import locked_directory
from tests.e2e.processes import children_of, is_alive
from tests.e2e.programs import QUICK_SUITE, Programs, ended, wait_until
from tests.e2e.terminal import Terminal, plain, unwrapped

GREEN, RED, YELLOW = "\x1b[32m", "\x1b[31m", "\x1b[33m"


@contextmanager
def console(programs: Programs, **environment: str) -> Iterator[Terminal]:
    with Terminal(programs, "--suite", QUICK_SUITE, environment=environment) as terminal:
        terminal.expect("ATM> ")
        yield terminal


def test_a_whole_visit(programs: Programs) -> None:
    with console(programs) as terminal:
        for word in (QUICK_SUITE, "SHA256:", "LEGACY", "EXPERIMENTAL", YELLOW):
            assert word in terminal.seen
        assert all(len(line) <= 80 for line in plain(terminal.seen).splitlines())
        assert terminal.ask("check") == "CHECK ok, balance 0.00"
        assert terminal.ask("DEPOS 12.34") == "DEPOS ok, balance 12.34"
        assert terminal.ask("Withd 0.34") == "WITHD ok, balance 12.00"
        assert terminal.ask("withd 12.01") == "WITHD refused: there is not enough money in the account"
        assert GREEN in terminal.seen
        assert RED in terminal.seen
        assert "DEPOS amount" in terminal.ask("help")
        assert terminal.ask("").startswith("That line is empty")
        assert "is no command" in terminal.ask("hello")
        assert "is no command" in terminal.ask("ПРИВЕТ")
        terminal.press("quit\n")
        terminal.expect_end()
        assert terminal.process.returncode == 0


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours_for_who_wants_none(programs: Programs, environment: dict[str, str]) -> None:
    with console(programs, **environment) as terminal:
        terminal.ask("CHECK")
        terminal.ask("WITHD 1")
        assert "\x1b[3" not in terminal.seen


@pytest.mark.parametrize("key", ["\x03", "\x04", "DEPOS 5\x03"])
def test_control_c_or_d_at_the_prompt_leaves(programs: Programs, key: str) -> None:
    with console(programs) as terminal:
        (bank,) = children_of(terminal.process.pid)
        assert os.getsid(bank) == bank  # out of reach of this terminal's Ctrl-C
        terminal.wait_for_its_turn()
        terminal.press(key)
        assert "suitecase:" not in terminal.expect_end()
        assert terminal.process.returncode == 0
        assert not is_alive(bank)


def test_the_terminal_is_as_it_was_afterwards(programs: Programs) -> None:
    with console(programs) as terminal:
        terminal.wait_for_its_turn()
        terminal.press("\x03")
        terminal.expect_end()
        assert terminal.modes == terminal.modes_before


RECORD = f"{'?' * 32}.*.{'?' * 16}"
"""The name of a request's record, when it is whole."""


def is_locked(path: Path) -> bool:
    """Whether a program holds the record of a request: as long as it waits for the answer."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def unread(port: int) -> int:
    """Bytes that have arrived at a port of this machine and that nobody has read."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].partition(":")[2], 16) for row in rows if row[1].endswith(f":{port:04X}"))


def test_control_c_while_the_bank_is_asked_says_what_is_not_known(programs: Programs) -> None:
    with console(programs) as terminal:
        (bank,) = children_of(terminal.process.pid)
        (port,) = re.findall(r"127\.0\.0\.1:([0-9]+)", terminal.seen)
        terminal.ask("DEPOS 10")
        os.kill(bank, signal.SIGSTOP)
        terminal.press("DEPOS 5\n")
        wait_until(lambda: unread(int(port)) > 0)  # it is sent: its record is whole, however slow the disk
        (record,) = (programs.folder / "home/data/suitecase/demo.card.pending").glob(RECORD)
        assert is_locked(record)
        terminal.press("\x03")
        wait_until(lambda: not is_locked(record))
        os.kill(bank, signal.SIGCONT)
        last = unwrapped(terminal.expect_end())
        assert "suitecase: Interrupted before the bank had answered. Whether it carried out the DEPOS" in last
        assert terminal.process.returncode == 3
        assert not is_alive(bank)
    with console(programs) as terminal:
        assert "DEPOS 5.00 was cut short before; the bank answered: ok, balance 15.00 right after it." in unwrapped(
            terminal.seen
        )
        assert terminal.ask("CHECK") == "CHECK ok, balance 15.00"


WAITING = "waiting for the bank…"
CURSOR_HIDDEN, CURSOR_SHOWN, LINE_ERASED = "\x1b[?25l", "\x1b[?25h", "\x1b[2K"


def test_a_bank_that_hangs_is_waited_for_visibly(programs: Programs) -> None:
    with console(programs) as terminal:
        (bank,) = children_of(terminal.process.pid)
        assert WAITING not in terminal.seen
        os.kill(bank, signal.SIGSTOP)
        begun = time.monotonic()
        terminal.press("DEPOS 5\n")
        terminal.expect(WAITING)
        assert time.monotonic() - begun > 1.9
        os.kill(bank, signal.SIGCONT)
        terminal.expect("DEPOS ok, balance 5.00")
        erased = terminal.seen.rpartition(WAITING)[2]
        assert LINE_ERASED in erased
        assert terminal.seen.rindex(CURSOR_SHOWN) > terminal.seen.rindex(CURSOR_HIDDEN)
        terminal.expect("ATM> ")
        assert terminal.ask("CHECK") == "CHECK ok, balance 5.00"


def test_control_c_while_it_waits_visibly(programs: Programs) -> None:
    with console(programs) as terminal:
        (bank,) = children_of(terminal.process.pid)
        os.kill(bank, signal.SIGSTOP)
        terminal.press("DEPOS 5\n")
        terminal.expect(WAITING)
        (record,) = (programs.folder / "home/data/suitecase/demo.card.pending").glob(RECORD)
        terminal.press("\x03")
        wait_until(lambda: not is_locked(record))
        os.kill(bank, signal.SIGCONT)
        assert "Interrupted before the bank had answered" in unwrapped(terminal.expect_end())
        assert terminal.seen.rindex(CURSOR_SHOWN) > terminal.seen.rindex(CURSOR_HIDDEN)
        assert terminal.process.returncode == 3


def test_a_bank_that_is_slow_to_begin_is_waited_for_visibly_and_control_c_ends_it(programs: Programs) -> None:
    data_dir = programs.folder / "data"
    data_dir.mkdir(mode=0o700)
    with locked_directory(data_dir), Terminal(programs, "--suite", QUICK_SUITE, "--data-dir", data_dir) as terminal:
        terminal.expect(WAITING)
        (bank,) = children_of(terminal.process.pid)
        begun = time.monotonic()
        terminal.press("\x03")
        assert "suitecase: Interrupted." in terminal.expect_end()
        assert time.monotonic() - begun < 4  # the bank did not have to be killed
        assert terminal.seen.rindex(CURSOR_SHOWN) > terminal.seen.rindex(CURSOR_HIDDEN)
        assert terminal.process.returncode == 3
        assert not is_alive(bank)


def test_in_a_pipe_nothing_tells_of_the_waiting(programs: Programs) -> None:
    process = programs.start(
        "--suite", QUICK_SUITE, environment={"FORCE_COLOR": "1"}
    )  # which rich takes for a terminal
    assert process.stdin is not None
    assert process.stderr is not None
    while b"EXPERIMENTAL" not in process.stderr.readline():
        pass
    (bank,) = children_of(process.pid)
    os.kill(bank, signal.SIGSTOP)
    process.stdin.write(b"DEPOS 5\n")
    process.stdin.flush()
    time.sleep(2.5)
    os.kill(bank, signal.SIGCONT)
    last = ended(process)
    assert (last.code, last.out, last.err) == (0, "DEPOS ok, balance 5.00\n", "")


def test_a_closed_window_ends_both(programs: Programs) -> None:
    with console(programs) as terminal:
        (bank,) = children_of(terminal.process.pid)
        terminal.hang_up()
        wait_until(lambda: not is_alive(bank) and terminal.process.poll() is not None)


def test_keys_that_are_no_text_are_refused(programs: Programs) -> None:
    with console(programs) as terminal:
        terminal.press_bytes(b"CHECK \xff\xfe\n")
        assert "is not UTF-8 text" in terminal.expect("ATM> ")
        assert terminal.ask("CHECK") == "CHECK ok, balance 0.00"


def test_the_prompt_stays_out_of_a_file(programs: Programs) -> None:
    with Terminal(programs, "--suite", QUICK_SUITE, out="answers") as terminal:
        terminal.expect("ATM> ")
        terminal.press("CHECK\n")
        terminal.expect("ATM> ")
        terminal.press("\x04")
        terminal.expect_end()
        assert (programs.folder / "answers").read_text() == "CHECK ok, balance 0.00\n"


def test_json_in_a_terminal_has_no_prompt(programs: Programs) -> None:
    with Terminal(programs, "--suite", QUICK_SUITE, "--json") as terminal:
        terminal.press("CHECK\n")
        terminal.expect('{"type":"CHECK","ok":true,"balance":"0.00"}')
        terminal.press("QUIT\n")
        terminal.expect_end()
        assert "ATM>" not in terminal.seen
        assert terminal.process.returncode == 0
