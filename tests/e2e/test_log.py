"""The bank's log is a pipe that is full, and nobody reads it: ATMs are served, and a signal ends the bank."""

import os
import signal
import subprocess
import time

import pytest

from tests.e2e.processes import PROC
from tests.e2e.programs import QUICK_SUITE, Town, wait_until

SOON = 5.0
"""Seconds within which a signal ends a bank."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_bank_whose_log_is_full_serves_and_ends_at_a_signal(town: Town, number: int) -> None:
    reader, writer = os.pipe()
    fill(writer)
    options = ["--suite", QUICK_SUITE, "--data-dir", town.data_dir]
    process = town.programs.start("bank", *options, stdin=subprocess.DEVNULL, stderr=writer)
    try:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        card = town.account()
        assert town.atm(line.split()[2], card, "deposit", "5").code == 0
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(SOON) == 0
        assert time.monotonic() - began < SOON
    finally:
        process.kill()
        process.communicate()
        os.close(reader)
        os.close(writer)


@pytest.mark.skipif(not PROC, reason="a pipe takes what it is said to take on Linux alone")
def test_a_bank_whose_line_nobody_takes_ends_at_a_signal(town: Town) -> None:
    reader, writer = os.pipe()
    fill(writer)
    options = ["--suite", QUICK_SUITE, "--data-dir", town.data_dir]
    with (town.programs.folder / "log").open("wb") as log:
        process = town.programs.start("bank", *options, stdin=subprocess.DEVNULL, stdout=writer, stderr=log.fileno())
    try:
        wait_until(lambda: b"listening" in (town.programs.folder / "log").read_bytes())
        process.terminate()
        assert process.wait(SOON) == 0
    finally:
        process.kill()
        process.communicate()
        os.close(reader)
        os.close(writer)


def fill(writer: int) -> None:
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"." * 512)
    except BlockingIOError:
        os.set_blocking(writer, True)
