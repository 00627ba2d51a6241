"""Streams that do not block, because whoever shares them has set O_NONBLOCK: no data yet is not the end of anything."""

import os
import signal
import socket
import subprocess
import time

import pytest

from tests.e2e.programs import PATIENCE, QUICK_SUITE, Ended, Programs, ended, wait_until
from tests.e2e.terminal import Terminal
from tests.e2e.test_log import fill

PAUSE = 0.4
"""Seconds in which a program that does not wait would have come to the end."""


def started(programs: Programs, stdin: int) -> "subprocess.Popen[bytes]":
    """The main job that has said its welcome, and looks for lines."""
    os.set_blocking(stdin, False)
    process = programs.start("--suite", QUICK_SUITE, stdin=stdin)
    os.close(stdin)
    said = process.stderr
    assert said is not None
    wait_until(lambda: b"EXPERIMENTAL" in said.readline())
    time.sleep(PAUSE)
    return process


def asked_in_pieces(programs: Programs, *pieces: bytes, through_socket: bool = False) -> Ended:
    """Give the lines in pieces, with pauses, and then the end of the input."""
    if through_socket:
        ours, theirs = (end.detach() for end in socket.socketpair())
    else:
        theirs, ours = os.pipe()
    process = started(programs, theirs)
    for piece in pieces:
        os.write(ours, piece)
        time.sleep(PAUSE)
    os.close(ours)
    return ended(process)


@pytest.mark.parametrize("through_socket", [False, True], ids=["pipe", "socket"])
def test_a_line_waits_until_it_is_whole(programs: Programs, through_socket: bool) -> None:
    last = asked_in_pieces(programs, b"DEPOS 5", b"0\nCHECK", through_socket=through_socket)
    assert (last.code, last.out) == (0, "DEPOS ok, balance 50.00\nCHECK ok, balance 50.00\n")


def test_a_line_too_long_in_pieces_is_one_line(programs: Programs) -> None:
    last = asked_in_pieces(programs, b"x" * 1020, b"y" * 1024, b"DEPOS 5\nCHECK\n")
    assert (last.code, last.out) == (2, "CHECK ok, balance 0.00\n")
    assert "longer than 1024 bytes" in last.err


def test_a_signal_ends_who_waits_for_a_line(programs: Programs) -> None:
    theirs, ours = os.pipe()
    process = started(programs, theirs)
    os.write(ours, b"DEPOS 5")
    time.sleep(PAUSE)
    process.send_signal(signal.SIGTERM)
    last = ended(process)
    os.close(ours)
    assert (last.code, last.out) == (0, "")


@pytest.mark.parametrize("out", ["", "out"], ids=["both", "standard output is a file"])
def test_a_terminal_that_does_not_block(programs: Programs, out: str) -> None:
    with Terminal(programs, "--suite", QUICK_SUITE, out=out, blocking=False) as terminal:
        terminal.expect("ATM> ")
        time.sleep(PAUSE)
        answer = terminal.ask("DEPOS 5")
        terminal.press("\x04")
        assert terminal.process.wait(PATIENCE) == 0
    assert (answer or (programs.folder / "out").read_text().strip()) == "DEPOS ok, balance 5.00"


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_what_is_said_waits_for_room(programs: Programs, stream: str) -> None:
    reader, writer = os.pipe()
    fill(writer)
    os.set_blocking(writer, False)
    ways = {"stdout": (writer, subprocess.PIPE), "stderr": (subprocess.PIPE, writer)}[stream]
    process = programs.start("--help" if stream == "stdout" else "--hlp", stdout=ways[0], stderr=ways[1])
    os.close(writer)
    time.sleep(4 * PAUSE)  # its start included
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read().lstrip(b".").decode()
    ended(process)
    if stream == "stdout":
        assert process.returncode == 0
        assert said == programs.run_warm("--help").out
    else:
        assert process.returncode == 2
        assert said == programs.run_warm("--hlp").err
