"""The connection to the ledger's file: durable, shared by processes, and never half changed by a failure."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.ledger import Ledger
from app.system.errors import LedgerError
from tests.support.accounts import deposit

DIGEST = bytes(32)


def test_every_commit_is_synced_and_every_reference_checked(ledger: Ledger) -> None:
    connection = ledger._database._connection
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert connection.execute("PRAGMA busy_timeout").fetchone() == (5000,)


def test_an_answer_is_committed_when_it_is_given(ledger: Ledger, ledger_path: Path) -> None:
    ledger.open_account("demo", DIGEST)
    ledger.apply(deposit())
    assert not ledger._database._connection.in_transaction
    with Ledger(ledger_path) as beside:
        assert beside.balance("demo") == 1


def test_a_locked_ledger_is_an_error_that_changes_nothing(ledger: Ledger, ledger_path: Path) -> None:
    ledger.open_account("demo", DIGEST)
    other = sqlite3.connect(ledger_path, isolation_level=None)
    with Ledger(ledger_path, busy_timeout=0.05) as waiting:
        request = deposit()
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="is in use by another process; try again"):
            waiting.apply(request)
        assert waiting.balance("demo") == 0  # readers do not wait for a writer
        other.execute("ROLLBACK")
        waiting.apply(request)
        assert waiting.verify().entries == 1
    other.close()


def test_turning_to_a_log_waits_for_another_process_that_holds_the_file(ledger: Ledger, ledger_path: Path) -> None:
    ledger.close()
    other = sqlite3.connect(ledger_path, isolation_level=None, check_same_thread=False)
    other.execute("PRAGMA journal_mode = DELETE")  # as a ledger is in the moment in which it is made
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="is in use by another process"):
        Ledger(ledger_path, busy_timeout=0.1)
    timer = threading.Timer(0.2, lambda: other.execute("COMMIT"))
    timer.start()
    with Ledger(ledger_path) as ledger:
        assert ledger._database._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    timer.join()
    other.close()


@pytest.mark.timeout(20)
def test_where_there_is_no_write_ahead_log_the_ledger_does_not_hang(
    ledger: Ledger, ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.close()
    connect = sqlite3.connect
    on_disk = connect(ledger_path)
    on_disk.execute("PRAGMA journal_mode = DELETE")

    def in_memory(_name: str, **options: Any) -> sqlite3.Connection:
        """Without a log: SQLite says so as it does of a file system that cannot share memory."""
        connection: sqlite3.Connection = connect(":memory:", **options)
        on_disk.backup(connection)
        return connection

    monkeypatch.setattr(sqlite3, "connect", in_memory)
    with pytest.raises(LedgerError, match="cannot have a write-ahead log there; choose a data directory on a local"):
        Ledger(ledger_path)
    on_disk.close()


def test_a_writer_waits_for_another(ledger: Ledger, ledger_path: Path) -> None:
    ledger.open_account("demo", DIGEST)
    other = sqlite3.connect(ledger_path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.2, lambda: other.execute("COMMIT"))
    timer.start()
    ledger.apply(deposit())
    timer.join()
    other.close()
    assert ledger.balance("demo") == 1


def test_a_full_disk_is_an_error_that_changes_nothing(ledger: Ledger) -> None:
    ledger.open_account("demo", DIGEST)
    connection = ledger._database._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    given = 0
    with pytest.raises(LedgerError, match="has no room to grow"):  # noqa: PT012  # one of many requests meets the end
        for _ in range(500):
            ledger.apply(deposit())
            given += 1
    audit = ledger.verify()
    assert (audit.total, audit.entries) == (given, given)
    connection.execute("PRAGMA max_page_count = 1000000")
    ledger.apply(deposit())
    assert ledger.verify().total == given + 1


class Sabotage:
    """A connection that fails at chosen statements."""

    def __init__(self, connection: sqlite3.Connection, *failing: str) -> None:
        self._connection = connection
        self.failing = failing

    def execute(self, statement: str, *arguments: object) -> object:
        if statement.startswith(self.failing):
            raise sqlite3.OperationalError("disk I/O error")
        return self._connection.execute(statement, *arguments)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)


@pytest.fixture
def sabotage(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Sabotage]:
    def fail_at(*statements: str) -> Sabotage:
        double = Sabotage(ledger._database._connection, *statements)
        monkeypatch.setattr(ledger._database, "_connection", double)
        return double

    return fail_at


@pytest.mark.parametrize(
    "statement",
    [
        "BEGIN",
        "SELECT card_digest",
        "SELECT type",
        "INSERT INTO answer",
        "UPDATE account",
        "INSERT INTO journal",
        "UPDATE log_mark",
        "COMMIT",
    ],
)
def test_a_failure_at_any_statement_leaves_nothing_half_done(
    ledger: Ledger, sabotage: Callable[..., Sabotage], statement: str
) -> None:
    ledger.open_account("demo", DIGEST)
    request = deposit()
    double = sabotage(statement)
    with pytest.raises(LedgerError, match="disk I/O error"):
        ledger.apply(request)
    double.failing = ("nothing",)
    assert ledger.verify().entries == 0
    ledger.apply(request)
    assert ledger.verify().total == 1


def deny(connection: sqlite3.Connection, *denied: str) -> None:
    """Let SQLite refuse these statements about transactions, as an engine in trouble does."""

    def judge(act: int, statement: str | None, *_rest: str | None) -> int:
        return sqlite3.SQLITE_DENY if act == sqlite3.SQLITE_TRANSACTION and statement in denied else sqlite3.SQLITE_OK

    connection.set_authorizer(judge)


def test_when_even_rolling_back_fails_the_ledger_is_opened_anew(ledger: Ledger, ledger_path: Path) -> None:
    ledger.open_account("demo", DIGEST)
    ledger.apply(deposit())
    request, doubtful = deposit(), ledger._database._connection
    deny(doubtful, "COMMIT", "ROLLBACK")
    with pytest.raises(LedgerError, match="not authorized"):
        ledger.apply(request)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        doubtful.execute("SELECT 1")
    with Ledger(ledger_path, busy_timeout=0.05) as beside:
        assert beside.verify().total == 1
        beside.apply(deposit())  # the lock is free
    ledger.apply(request)
    assert ledger.verify().total == 3
    test_every_commit_is_synced_and_every_reference_checked(ledger)


def test_a_ledger_that_cannot_be_opened_anew_is_no_other(ledger: Ledger, ledger_path: Path, tmp_path: Path) -> None:
    ledger.open_account("demo", DIGEST)
    deny(ledger._database._connection, "COMMIT", "ROLLBACK")
    with pytest.raises(LedgerError, match="not authorized"):
        ledger.apply(deposit())
    elsewhere = ledger_path.parent.rename(tmp_path / "elsewhere")
    for _ in range(2):
        with pytest.raises(LedgerError, match="cannot be opened; check the permissions"):
            ledger.balance("demo")
    ledger_path.parent.mkdir()
    with pytest.raises(LedgerError, match="cannot be opened"):
        ledger.balance("demo")
    assert list(ledger_path.parent.iterdir()) == [], "an empty ledger would deny every account"
    ledger_path.parent.rmdir()
    elsewhere.rename(ledger_path.parent)
    assert ledger.balance("demo") == 0


def test_a_ledger_that_was_closed_stays_closed(ledger: Ledger) -> None:
    ledger.open_account("demo", DIGEST)
    deny(ledger._database._connection, "COMMIT", "ROLLBACK")
    with pytest.raises(LedgerError, match="not authorized"):
        ledger.apply(deposit())
    ledger.close()
    with pytest.raises(LedgerError, match="closed"):
        ledger.balance("demo")


def test_another_thread_is_kept_out(ledger: Ledger) -> None:
    caught: list[BaseException] = []

    def intrude() -> None:
        try:
            ledger.card_digest("demo")
        except LedgerError as error:
            caught.append(error)

    thread = threading.Thread(target=intrude)
    thread.start()
    thread.join()
    assert len(caught) == 1
