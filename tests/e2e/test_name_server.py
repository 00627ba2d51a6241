"""A name server that does not answer: a signal ends the program at once, and so does its deadline."""

import signal
import time

import pytest

from tests.e2e.faults import with_fault
from tests.e2e.processes import PROC
from tests.e2e.programs import QUICK_SUITE, Town, ended, wait_until

SILENT = """
import socket, sys, time
def wait(*given, **options):
    open("asked", "w").close()
    over = time.monotonic() + 20
    while time.monotonic() < over:
        try:
            time.sleep(1)
        except BaseException:  # the system's own does not look at signals
            pass
socket.getaddrinfo = wait
"""
SOON = 2.0


@pytest.mark.skipif(not PROC, reason="what a program waits for is read off /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("command", ["atm", "bank"])
def test_a_signal_ends_it_at_once(town: Town, command: str, number: int) -> None:
    programs = town.programs
    if command == "atm":
        options = ["atm", *town.atm_options("bank.example:7000", town.account()), "deposit", "1"]
    else:
        options = ["bank", "--suite", QUICK_SUITE, "--data-dir", town.data_dir, "--listen", "bank.example:0"]
    process = programs.start(*options, environment=with_fault(programs, SILENT))
    wait_until((programs.folder / "asked").exists)
    began = time.monotonic()
    process.send_signal(number)
    last = ended(process)
    assert time.monotonic() - began < SOON
    assert "Traceback" not in last.err
    assert last.code == (0 if (command, number) == ("bank", signal.SIGTERM) else 3)


def test_the_deadline_ends_an_atm(town: Town) -> None:
    options = ["atm", *town.atm_options("bank.example:7000", town.account()), "deposit", "1"]
    fault = (
        SILENT
        + "import framework.aio.stream\nframework.aio.stream.open_channel.__kwdefaults__['handshake_seconds'] = 0.3\n"
    )
    began = time.monotonic()
    last = town.programs.run(*options, environment=with_fault(town.programs, fault))
    assert time.monotonic() - began < 5.0
    assert last.code == 3
    assert "cannot connect to bank.example:7000: its name server does not answer" in last.only_refusal
    assert "No DEPOS was sent" in last.err
