"""The log is emptied and begun anew, and a bank may be killed or leave at any moment of it."""

import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from app.ledger import Done, Ledger
from app.ledger.occupancy import occupied
from app.ledger.writer import Writer
from tests.support.accounts import deposit
from tests.unit.app.ledger.test_binding import balance, log_of

StartProgram = Callable[..., subprocess.Popen[str]]

DIGEST = bytes(32)

# Empties the log, and is killed as it begins the STEP-th SQL statement, or the STEP-th after that.
KILLED_WHILE_IT_RENEWS = """
import os, signal, sys
from pathlib import Path
from app.ledger import Kind, Order
from app.ledger.occupancy import occupied
from app.ledger.writer import Writer

def deposit():
    return Order("demo", os.urandom(16).hex(), Kind.DEPOSIT, 1)

seen = 0
def trace(statement):
    global seen
    seen += 1
    if seen == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

with occupied(Path(sys.argv[1])) as occupancy:
    writer = Writer(occupancy)
    writer.begin()
    writer.carry_out([deposit()])
    writer._ledger._database._connection.set_trace_callback(trace)
    if sys.argv[3] == "renew":
        writer._renew(in_use=True)
        writer.carry_out([deposit()])
        os.kill(os.getpid(), signal.SIGKILL)
    writer.leave()
"""


@pytest.fixture
def data_dir(ledger_path: Path) -> Path:
    with Ledger(ledger_path) as ledger:
        ledger.open_account("demo", DIGEST)
    return ledger_path.parent


@pytest.mark.parametrize("way", ["renew", "close"])
def test_killed_at_each_statement_while_the_log_is_emptied(
    data_dir: Path, ledger_path: Path, start_program: StartProgram, way: str
) -> None:
    """Nothing confirmed is lost, and a start never takes what is left for strangers."""
    expected, step = 0, 0
    while True:
        step += 1
        code = start_program(KILLED_WHILE_IT_RENEWS, data_dir, step, way).wait()
        now = balance(ledger_path)
        assert now in (expected + 1, expected + 2)
        expected = now
        if code == 0 or step == 16:
            break
    assert step >= 10


@pytest.mark.parametrize("reader_ends", ["first", "last"])
def test_a_bank_that_ends_while_someone_reads(
    data_dir: Path, ledger_path: Path, reader_ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is not yet in the file when the bank leaves; whoever closes the ledger last writes it there."""
    with occupied(data_dir) as occupancy:
        writer = Writer(occupancy)
        writer.begin()
        [answer] = writer.carry_out([deposit()])
        assert isinstance(answer, Done)
        reader = sqlite3.connect(ledger_path, isolation_level=None)
        reader.execute("BEGIN")
        assert reader.execute("SELECT balance FROM account").fetchone() == (1,)
        if reader_ends == "first":  # between the last two steps of the bank
            plain = Ledger.close

            def close(ledger: Ledger) -> None:
                reader.close()
                plain(ledger)

            monkeypatch.setattr(Ledger, "close", close)
        writer.leave()
        monkeypatch.undo()
        reader.close()
    assert not log_of(ledger_path).exists()
    assert balance(ledger_path) == 1
