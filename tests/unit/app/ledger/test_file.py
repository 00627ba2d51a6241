"""The ledger's file: private, recognised, and never taken for another or made anew where it is damaged."""

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


def test_the_name_of_a_new_ledger_is_safe_on_the_disk(ledger_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    Ledger(ledger_path).close()
    assert synced == [path.stat().st_ino for path in (ledger_path.parent.parent, ledger_path.parent)]


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


def test_an_sqlite_that_is_too_old_is_refused(ledger_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 37, 2))
    with pytest.raises(LedgerError, match=r"needs SQLite 3\.38 or newer"):
        Ledger(ledger_path)


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
