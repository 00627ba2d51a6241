"""What the tests of the application share: a ledger with an account, and Python programs beside this one."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.credentials.card import Card
from app.ledger import LEDGER_FILE, Ledger
from tests.support.accounts import open_account_with_card

StartProgram = Callable[..., subprocess.Popen[str]]
GiveAway = Callable[[Path], int]


@pytest.fixture
def ledger_path(tmp_path: Path) -> Path:
    return tmp_path / "data" / LEDGER_FILE


@pytest.fixture
def ledger(ledger_path: Path) -> Iterator[Ledger]:
    with Ledger(ledger_path) as ledger:
        yield ledger


@pytest.fixture
def card_path(tmp_path: Path) -> Path:
    return tmp_path / "demo.card"


@pytest.fixture
def card(ledger: Ledger, card_path: Path) -> Card:
    """The card of the account `demo`, which is open and empty."""
    return open_account_with_card(ledger, "demo", card_path)


@pytest.fixture
def start_program() -> Iterator[StartProgram]:
    """Start a Python program given as text, with pipes to it; what still runs at the end is killed."""
    running: list[subprocess.Popen[str]] = []

    def start(program: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", program, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def give_away(monkeypatch: pytest.MonkeyPatch) -> GiveAway:
    """Let a file or a directory belong to another user; gives who that is. Without root's rights, we become another."""

    def give(path: Path) -> int:
        if os.geteuid() == 0:
            os.chown(path, 65_534, -1)
        else:
            us = os.geteuid()
            monkeypatch.setattr(os, "geteuid", lambda: us + 1)
        return path.stat().st_uid

    return give
