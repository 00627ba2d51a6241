"""A ledger of version 1 is read, brought to this version, and goes on: nothing is lost but the answers to CHECK."""

import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.ledger import Ledger
from app.protocol.messages import Accepted, CheckRequest, DepositRequest, Refusal, Refused, WithdrawRequest
from app.system.errors import LedgerError
from tests.support.accounts import apply

VERSION_1 = Path(__file__).parents[3] / "vectors" / "ledger" / "version_1.sql"

KILLED_WHILE_UPGRADING = """
import os, signal, sqlite3, sys
from pathlib import Path
import app.ledger.database as database

seen = 0
def trace(statement):
    global seen
    seen += 1
    if seen == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

plain = database.Database._upgrade
def upgrade(self):
    self._connection.set_trace_callback(trace)
    plain(self)
database.Database._upgrade = upgrade
database.Database(Path(sys.argv[1]))
"""

DEPOSIT_AND_DIE = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN")
connection.execute("INSERT INTO answer VALUES ('bob', ?, 'DEPOS', 7, 8, NULL, 1)", sys.argv[2:])
connection.execute("UPDATE account SET balance = 8 WHERE name = 'bob'")
connection.execute("INSERT INTO journal VALUES (4, 'bob', ?, 'DEPOS', 7, 8, 1)", sys.argv[2:])
connection.execute("COMMIT")
os._exit(0)
"""


@pytest.fixture
def old(ledger_path: Path) -> Path:
    ledger_path.parent.mkdir(mode=0o700)
    ledger_path.touch(mode=0o600)
    connection = sqlite3.connect(ledger_path)
    connection.executescript(VERSION_1.read_text())
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    return ledger_path


def number(value: int) -> str:
    return f"{value:032x}"


def columns(path: Path) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").fetchall()
    finally:
        connection.close()


def test_all_but_the_answers_to_check_is_kept(old: Path, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    with Ledger(old) as ledger:
        audit = ledger.verify()
        assert (audit.accounts, audit.entries, audit.total) == (2, 3, 7451)
        assert ledger.card_digest("alice") == bytes(range(32))
        answers = ledger._database._connection.execute("SELECT request_id FROM answer").fetchall()
        assert answers == [(number(1),), (number(3),), (number(4),), (number(6),)]
        # What was answered is answered so again, and moves nothing.
        for request, reply in (
            (DepositRequest(id=number(1), amount=10000), Accepted(type="DEPOS", id=number(1), balance=10000)),
            (WithdrawRequest(id=number(3), amount=2550), Accepted(type="WITHD", id=number(3), balance=7450)),
            (
                WithdrawRequest(id=number(4), amount=999999),
                Refused(type="WITHD", id=number(4), error=Refusal.INSUFFICIENT_FUNDS),
            ),
            (CheckRequest(id=number(2)), Accepted(type="CHECK", id=number(2), balance=7450)),
        ):
            assert apply(ledger, "alice", request) == reply
        apply(ledger, "bob", DepositRequest(id=number(8), amount=9))
        assert ledger.verify().total == 7460
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, "the ledger is now of version 2; answers to CHECK dropped: 3")
    ]
    new = tmp_path / "new" / "ledger.sqlite3"
    Ledger(new).close()
    assert columns(old) == columns(new)
    with Ledger(old) as again:
        assert again._database._connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert again.verify().total == 7460
    assert len(caplog.records) == 1


def test_what_stands_in_the_log_of_a_bank_that_was_killed_is_upgraded_too(old: Path) -> None:
    subprocess.run([sys.executable, "-c", DEPOSIT_AND_DIE, str(old), number(8)], check=True)
    assert old.with_name("ledger.sqlite3-wal").stat().st_size > 0
    with Ledger(old) as ledger:
        assert ledger.balance("bob") == 8
        assert ledger.verify().total == 7458


@pytest.mark.parametrize("step", range(1, 20, 3))
def test_killed_while_it_is_upgraded_it_is_whole(old: Path, step: int) -> None:
    command = [sys.executable, "-W", "error", "-c", KILLED_WHILE_UPGRADING, str(old), str(step)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run(command, env=environment, check=False)
    with Ledger(old) as ledger:
        assert ledger.verify().total == 7451


def test_many_may_upgrade_at_once(old: Path, caplog: pytest.LogCaptureFixture) -> None:
    start, totals = threading.Barrier(6), list[int]()

    def open_it() -> None:
        start.wait()
        with Ledger(old) as ledger:
            totals.append(ledger.verify().total)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert totals == [7451] * 6
    assert len(caplog.records) == 1


def test_an_old_ledger_with_a_row_that_belongs_to_nothing_stays_as_it_is(old: Path, tmp_path: Path) -> None:
    connection = sqlite3.connect(old)
    connection.execute("DELETE FROM answer WHERE type = 'DEPOS'")
    connection.commit()
    connection.close()
    kept = shutil.copy(old, tmp_path / "kept")
    with pytest.raises(LedgerError, match="belongs to nothing"):
        Ledger(old)
    assert old.read_bytes() == Path(kept).read_bytes()
