"""The ledger's file: private, durable, recognised, shared by processes, and never half changed by a failure."""

import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.ledger import Ledger
from app.ledger.schema import APPLICATION_ID
from app.system.errors import FileError, LedgerError
from tests.support.accounts import deposit

DIGEST = bytes(32)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_file_log_and_directory_are_private(ledger: Ledger, ledger_path: Path) -> None:
    ledger.open_account("demo", DIGEST)
    files = sorted(ledger_path.parent.iterdir())
    assert [path.name.removeprefix(ledger_path.name) for path in files] == ["", "-shm", "-wal"]
    assert [mode(path) for path in files] == [0o600] * 3
    assert mode(ledger_path.parent) == 0o700


def test_every_commit_is_synced_and_every_reference_checked(ledger: Ledger) -> None:
    connection = ledger._database._connection
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert connection.execute("PRAGMA busy_timeout").fetchone() == (5000,)


def test_the_name_of_a_new_ledger_is_safe_on_the_disk(ledger_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    Ledger(ledger_path).close()
    assert synced == [path.stat().st_ino for path in (ledger_path.parent.parent, ledger_path.parent)]


def test_an_answer_is_committed_when_it_is_given(ledger: Ledger, ledger_path: Path) -> None:
    ledger.open_account("demo", DIGEST)
    ledger.apply(deposit())
    assert not ledger._database._connection.in_transaction
    with Ledger(ledger_path) as beside:
        assert beside.balance("demo") == 1


def test_a_ledger_that_others_can_reach_is_refused(ledger: Ledger, ledger_path: Path) -> None:
    ledger.close()
    ledger_path.chmod(0o640)
    with pytest.raises(FileError, match=r"can be reached by other users \(mode 0640\); run `chmod 600 .*ledger"):
        Ledger(ledger_path)


def test_a_ledger_that_belongs_to_another_user_is_refused(
    ledger: Ledger, ledger_path: Path, give_away: Callable[[Path], int]
) -> None:
    ledger.close()
    owner = give_away(ledger_path)
    with pytest.raises(FileError, match=rf"belongs to another user \(uid {owner}\)"):
        Ledger(ledger_path)


def test_a_directory_in_which_others_can_put_a_log_is_refused(ledger_path: Path) -> None:
    ledger_path.parent.mkdir()
    ledger_path.parent.chmod(0o777)
    with pytest.raises(FileError, match=r"data directory .* \(mode 0777\); run `chmod 700 "):
        Ledger(ledger_path)
    assert list(ledger_path.parent.iterdir()) == []


def test_the_name_of_the_directory_may_hold_anything(tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"a ?mode=memory#%41 \xff")
    with Ledger(odd / "ledger.sqlite3") as ledger:
        ledger.open_account("demo", DIGEST)
    assert [path.name for path in odd.iterdir()] == ["ledger.sqlite3"]
    with Ledger(odd / "ledger.sqlite3") as ledger:
        assert ledger.balance("demo") == 0


def test_another_programs_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    path.touch(mode=0o600)
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE precious (thing)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="is not a ledger of suitecase"):
        Ledger(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"not a database at all, but a text of some length\n" * 90, b"SQLite format 3\x00"]
)
def test_what_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "text"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(LedgerError, match="is not a ledger of suitecase"):
        Ledger(path)
    assert path.read_bytes() == content


def test_a_newer_ledger_is_refused(ledger: Ledger, ledger_path: Path) -> None:
    ledger.close()
    newer = sqlite3.connect(ledger_path)
    newer.execute("PRAGMA user_version = 3")
    newer.close()
    before = ledger_path.read_bytes()
    with pytest.raises(LedgerError, match="is of version 3 and this suitecase knows versions 1 to 2"):
        Ledger(ledger_path)
    assert ledger_path.read_bytes() == before


def test_a_marked_file_without_tables_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch(mode=0o600)
    marked = sqlite3.connect(path)
    marked.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    marked.close()
    with pytest.raises(LedgerError, match="is of version 0"):
        Ledger(path)


def test_a_directory_or_an_impossible_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is not a regular file; check the path"):
        Ledger(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="not a directory"):
        Ledger(tmp_path / "file" / "ledger")
    with pytest.raises(FileError, match="not a directory"):
        Ledger(tmp_path / "file" / "deeper" / "ledger")


def test_a_damaged_page_is_reported(ledger: Ledger, ledger_path: Path) -> None:
    ledger.open_account("demo", DIGEST)
    ledger.close()
    content = bytearray(ledger_path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    ledger_path.write_bytes(content)
    with pytest.raises(LedgerError, match="damaged; restore it from a backup"):
        Ledger(ledger_path)
    assert ledger_path.read_bytes() == content


def test_a_damaged_page_of_the_journal_is_reported(ledger: Ledger, ledger_path: Path) -> None:
    ledger.open_account("demo", DIGEST)
    ledger.apply(deposit())
    (page,) = ledger._database._connection.execute(
        "SELECT rootpage FROM sqlite_schema WHERE name = 'journal'"
    ).fetchone()
    ledger.close()
    content = bytearray(ledger_path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    ledger_path.write_bytes(content)
    with Ledger(ledger_path) as damaged, pytest.raises(LedgerError, match="damaged"):
        damaged.verify()


@pytest.mark.parametrize("size", [0, 1, 100, 4096, 8192])
def test_a_ledger_that_was_cut_short_is_refused_and_left_as_it_is(ledger: Ledger, ledger_path: Path, size: int) -> None:
    ledger.open_account("demo", DIGEST)
    ledger.close()
    os.truncate(ledger_path, size)
    before = ledger_path.read_bytes()
    with pytest.raises(LedgerError, match=r"has no content; restore it|is not a ledger|is damaged; restore it"):
        Ledger(ledger_path)
    assert ledger_path.read_bytes() == before


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


def test_an_sqlite_that_is_too_old_is_refused(ledger_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 37, 2))
    with pytest.raises(LedgerError, match=r"needs SQLite 3\.38 or newer"):
        Ledger(ledger_path)


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


def test_a_ledger_that_is_refused_is_closed(ledger: Ledger, ledger_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.close()
    newer = sqlite3.connect(ledger_path)
    newer.execute("PRAGMA user_version = 3")
    newer.close()
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def remember(name: str, **options: Any) -> sqlite3.Connection:
        opened.append(connect(name, **options))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", remember)
    with pytest.raises(LedgerError):
        Ledger(ledger_path)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].execute("SELECT 1")


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


def test_many_may_make_the_ledger_at_once(ledger_path: Path) -> None:
    start = threading.Barrier(8)
    failures: list[BaseException] = []

    def make(name: str) -> None:
        start.wait()
        try:
            with Ledger(ledger_path) as ledger:
                ledger.open_account(name, DIGEST)
        except BaseException as error:  # noqa: BLE001  # a thread must not keep its failure to itself
            failures.append(error)

    threads = [threading.Thread(target=make, args=(f"account-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Ledger(ledger_path) as ledger:
        assert ledger.verify().accounts == 8
