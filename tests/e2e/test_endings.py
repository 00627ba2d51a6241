"""Signals, and a bank that is killed: both processes end, none is left, and nobody sees a traceback."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from app.system.private_directories import LOCK_FILE, locked_directory
from tests.e2e.processes import PROC, children_of, is_alive
from tests.e2e.programs import COLD, QUICK_SUITE, Programs, Town, ended, wait_until


@contextmanager
def console(programs: Programs, *options: object) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """The main job in a pipe, after its first request, and its bank."""
    process = programs.start("--suite", QUICK_SUITE, *options)
    try:
        ask(process, "DEPOS 10")
        wait_until(lambda: not any(records(programs)))  # told comes before forgotten
        (bank,) = children_of(process.pid)
        yield process, bank
    finally:
        process.kill()
        process.communicate()


def records(programs: Programs) -> Iterator[Path]:
    """The requests that are remembered beside the card."""
    return (programs.folder / "home/data/suitecase/demo.card.pending").glob("?" * 32 + ".*")


def ask(process: "subprocess.Popen[bytes]", line: str) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{line}\n".encode())
    process.stdin.flush()
    return process.stdout.readline().decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_console_and_bank(programs: Programs, number: int) -> None:
    with console(programs) as (process, bank):
        process.send_signal(number)
        last = ended(process)
        assert last.code == (0 if number == signal.SIGTERM else 3)
        assert "Traceback" not in last.err
        assert not is_alive(bank)


@pytest.mark.skipif(not PROC, reason="what has come to a program is read off /proc")
def test_sigterm_while_the_bank_is_asked_ends_both(programs: Programs) -> None:
    with console(programs) as (process, bank):
        os.kill(bank, signal.SIGSTOP)
        assert process.stdin is not None
        process.stdin.write(b"DEPOS 5\n")
        process.stdin.flush()
        wait_until(
            lambda: has_unread(bank)
        )  # the record alone would not do: it is taken back as long as it is not sent
        process.terminate()
        os.kill(bank, signal.SIGCONT)
        last = ended(process)
        assert last.code == 3  # not 0, which a script would take for the deposit's confirmation
        assert "Whether it carried out the DEPOS is not known" in last.err
        assert "Traceback" not in last.err
        assert not is_alive(bank)


def test_a_killed_console_leaves_no_bank(programs: Programs) -> None:
    with console(programs) as (process, bank):
        process.kill()
        wait_until(lambda: not is_alive(bank))


@pytest.mark.skipif(not PROC, reason="that a program has begun is read off /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("seconds", [0.0, 0.3])
def test_a_signal_while_it_starts_ends_it_without_a_word(programs: Programs, number: int, seconds: float) -> None:
    process = programs.start("--suite", QUICK_SUITE)
    wait_until(lambda: has_begun(process.pid))
    time.sleep(seconds)
    process.send_signal(number)
    last = ended(process)
    assert (last.code, last.out) in ((-number, ""), (0 if number == signal.SIGTERM else 3, ""))
    assert "Traceback" not in last.err
    wait_until(lambda: not programs.left_behind())


INTERRUPTED_IMPORT = """
import builtins, os, signal
plain = builtins.__import__
def interrupted(name, *rest):
    if name == "app.system.first_signals":
        os.kill(os.getpid(), signal.SIGINT)
    return plain(name, *rest)
builtins.__import__ = interrupted
from app.__main__ import main
main()
"""


def test_control_c_before_anything_else_ends_it_without_a_word(programs: Programs) -> None:
    command = [*programs.python, "-c", INTERRUPTED_IMPORT]
    done = subprocess.run(command, cwd=programs.folder, env=programs.environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def has_begun(pid: int) -> bool:
    """Whether `main` has been entered: the interpreter ignores SIGPIPE, and we have put away its handler of SIGINT."""
    fields = dict(line.split(":\t") for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    ignored, caught = (int(fields[name], 16) for name in ("SigIgn", "SigCgt"))
    return bool(ignored >> (signal.SIGPIPE - 1) & 1) and not caught >> (signal.SIGINT - 1) & 1


def test_a_console_killed_at_its_start_leaves_no_bank(programs: Programs) -> None:
    process = programs.start("--suite", QUICK_SUITE)
    wait_until(lambda: bool(children_of(process.pid)))
    process.kill()
    process.communicate()
    wait_until(lambda: not programs.left_behind())


def test_a_killed_bank_is_told_in_one_sentence(programs: Programs) -> None:
    with console(programs) as (process, bank):
        os.kill(bank, signal.SIGKILL)
        last = ended(process, "CHECK\n")
        assert last.code == 3
        assert last.refusal == "The bank was killed by signal 9; start again to go on."


def test_money_asked_of_a_killed_bank_is_in_doubt_and_settled_by_the_next_run(programs: Programs) -> None:
    with console(programs) as (process, bank):
        os.kill(bank, signal.SIGKILL)
        last = ended(process, "DEPOS 5\n")
        assert last.code == 3
        assert "Whether it carried out the DEPOS is not known" in last.refusal
    again = programs.run("--suite", QUICK_SUITE, given="CHECK\n")
    assert "DEPOS 5.00 was cut short before; the bank answered: ok, balance 15.00 right after it." in again.err
    assert (again.code, again.out) == (0, "CHECK ok, balance 15.00\n")


def test_a_bank_killed_before_it_listens(programs: Programs) -> None:
    data_dir = programs.folder / "data"
    data_dir.mkdir(mode=0o700)
    with locked_directory(data_dir):  # where the bank waits for its key
        process = programs.start("--suite", QUICK_SUITE, "--data-dir", data_dir, stdin=subprocess.DEVNULL)
        wait_until(lambda: bool(children_of(process.pid)))
        (bank,) = children_of(process.pid)
        os.kill(bank, signal.SIGKILL)
        last = ended(process)
    assert last.code == 2
    assert last.refusal == "The bank was killed by signal 9 before it listened; start again."


@pytest.mark.skipif(not PROC, reason="what a program waits for is read off /proc")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 3)])
def test_a_bank_that_waits_for_its_key_ends_at_a_signal(town: Town, number: int, code: int) -> None:
    programs = town.programs
    with locked_directory(town.data_dir):
        process = programs.start("bank", "--suite", QUICK_SUITE, "--data-dir", town.data_dir)
        wait_until(lambda: str(town.data_dir / LOCK_FILE) in opened_by(process.pid))
        process.send_signal(number)
        last = ended(process)
    assert (last.code, last.out) == (code, "")
    assert last.err == ("" if code == 0 else "suitecase: Interrupted.\n")


@pytest.mark.skipif(not PROC, reason="what a program has open is read off /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.15, 0.4, 0.8])
def test_a_bank_that_makes_its_key_ends_at_a_signal_and_blames_no_plugin(
    programs: Programs, number: int, seconds: float
) -> None:
    data_dir = programs.folder / "new"
    process = programs.start("bank", "--suite", "des3-bg-hmac", "--data-dir", data_dir, "--listen", "127.0.0.1:0")
    wait_until(lambda: str(data_dir / LOCK_FILE) in opened_by(process.pid))
    time.sleep(seconds)
    process.send_signal(number)
    last = ended(process)
    assert "plugin" not in last.err
    assert "Traceback" not in last.err
    if "listening on" in last.out or number != signal.SIGINT:
        assert last.code == 0
        assert "suitecase: " not in last.err
    else:
        assert (last.code, last.err) == (3, "suitecase: Interrupted.\n")


def opened_by(pid: int) -> list[str]:
    """The names of the files that a process has open."""
    with suppress(OSError):  # a file may be closed between the two looks
        return [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    return []


def has_unread(pid: int) -> bool:
    """Whether something has come to a process over TCP, in a connection that is established (proc_net_tcp(5))."""
    opened, established = opened_by(pid), "01"
    rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    return any(
        int(queues.partition(":")[2], 16) and state == established and f"socket:[{inode}]" in opened
        for _, _, _, state, queues, _, _, _, _, inode, *_ in rows
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_bank_of_its_own_ends_in_order(town: Town, number: int) -> None:
    bank = town.bank(through=COLD)
    card = town.account()
    assert town.atm(bank, card, "deposit", "5").code == 0
    assert bank.stop(number) == 0
    assert "Traceback" not in bank.log
    assert town.balance() == 500


def test_a_bank_that_is_to_ignore_signals_does(town: Town) -> None:
    bank = town.bank(through=("sh", "-c", 'trap "" INT HUP; exec "$@"', "sh"))
    card = town.account()
    for number in (signal.SIGINT, signal.SIGHUP):
        os.kill(bank.pid, number)
    assert town.atm(bank, card, "deposit", "5").code == 0
    assert bank.stop(signal.SIGTERM) == 0


def test_a_console_that_is_to_ignore_signals_does(programs: Programs) -> None:
    process = programs.start("--suite", QUICK_SUITE, through=("sh", "-c", 'trap "" INT TERM HUP; exec "$@"', "sh"))
    assert ask(process, "DEPOS 5") == "DEPOS ok, balance 5.00\n"
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process.send_signal(number)
        assert ask(process, "CHECK") == "CHECK ok, balance 5.00\n"
    last = ended(process)
    assert (last.code, last.out) == (0, "")
