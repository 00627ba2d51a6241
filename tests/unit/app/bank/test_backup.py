"""Backups: whole or not at all, of a bank that runs too; and the way back loses nothing."""

import asyncio
import os
import shutil
import sqlite3
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.bank.backup import back_up, restore
from app.credentials.keystore import load_or_create
from app.ledger import LEDGER_FILE, Done, Ledger
from app.ledger.live import LiveLedger
from app.ledger.occupancy import OCCUPANCY_FILE, RESTORING, occupied
from app.system.errors import FileError, LedgerError, MissingFileError
from framework import KeyPair
from tests.support.accounts import deposit, open_ledger

DIGEST = bytes(32)
LOG = f"{LEDGER_FILE}-wal"


@pytest.fixture
def data_dir(ledger_path: Path) -> Path:
    with Ledger(ledger_path) as ledger:
        ledger.open_account("demo", DIGEST)
        ledger.apply(deposit(10))
    make_keys(ledger_path.parent)
    (ledger_path.parent / "demo.card").write_text("no part of a backup")
    return ledger_path.parent


@pytest.fixture
async def live(data_dir: Path) -> AsyncIterator[LiveLedger]:
    async with open_ledger(data_dir) as live:
        yield live


def make_keys(data_dir: Path) -> None:
    pair = KeyPair(b"public", b"private")
    load_or_create(data_dir, "a-b", lambda: pair, public_key_size=6, private_key_size=7)


def total(data_dir: Path) -> int:
    with Ledger(data_dir / LEDGER_FILE) as ledger:
        return ledger.verify().total


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


CONTENTS = ["a-b.key", "bank.pub", "identity.key", LEDGER_FILE]


def test_a_backup_is_whole_private_and_bound_by_itself(data_dir: Path, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "monday"
    audit = back_up(data_dir, target)
    assert (audit.accounts, audit.entries, audit.total) == (1, 1, 10)
    assert names(target) == CONTENTS
    assert {path.name: path.stat().st_mode & 0o777 for path in (target, *target.iterdir())} == {
        "monday": 0o700,
        **dict.fromkeys(CONTENTS, 0o600),
        "bank.pub": 0o644,
    }
    for name in CONTENTS[:-1]:
        assert (target / name).read_bytes() == (data_dir / name).read_bytes()
    assert total(target) == 10
    assert (target / LEDGER_FILE).read_bytes() != (data_dir / LEDGER_FILE).read_bytes(), "a generation of its own"
    assert names(target.parent) == ["monday"]


async def test_a_bank_that_runs_goes_on_meanwhile(live: LiveLedger, data_dir: Path, tmp_path: Path) -> None:
    """Each copy is of one moment: all that was answered before it began, and nothing half."""
    answered = 10
    done = asyncio.Event()

    async def pay() -> None:
        nonlocal answered
        while not done.is_set():
            assert isinstance(await live.apply(deposit(1)), Done)
            answered += 1

    async def back_up_several_times() -> None:
        try:
            for number in range(4):
                before = answered
                target = tmp_path / f"backup-{number}"
                audit = await asyncio.to_thread(back_up, data_dir, target)
                assert before <= audit.total <= answered + 5
                assert audit.total == await asyncio.to_thread(total, target)
            assert answered > 10, "the bank stood still"
        finally:
            done.set()

    await asyncio.gather(back_up_several_times(), *(pay() for _ in range(5)))


def test_a_bank_that_was_killed_is_backed_up_with_its_log(data_dir: Path, tmp_path: Path) -> None:
    path = data_dir / LEDGER_FILE
    killed = sqlite3.connect(path, isolation_level=None)
    killed.execute("PRAGMA wal_autocheckpoint = 0")
    killed.execute("INSERT INTO account VALUES ('late', zeroblob(32), 0, 0)")
    crashed = tmp_path / "crashed"
    shutil.copytree(data_dir, crashed)
    killed.close()
    assert (crashed / LOG).stat().st_size > 0
    assert back_up(crashed, tmp_path / "backup").accounts == 2


def test_the_directory_of_backups_is_made_where_nobody_else_looks(data_dir: Path, tmp_path: Path) -> None:
    for name in ("monday", "tuesday"):
        back_up(data_dir, tmp_path / "backups" / name)
    for made in (tmp_path / "backups", *(tmp_path / "backups").iterdir()):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700


@pytest.mark.parametrize("there", ["file", "directory", "link"])
def test_a_backup_takes_nobodys_place(data_dir: Path, tmp_path: Path, there: str) -> None:
    target = tmp_path / "target"
    if there == "file":
        target.touch()
    elif there == "directory":
        target.mkdir()
    else:
        target.symlink_to("nowhere")
    with pytest.raises(FileError, match=r"target already, and it stays; give the backup a new name"):
        back_up(data_dir, target)


def test_what_cannot_be_copied_whole_leaves_nothing(data_dir: Path, tmp_path: Path) -> None:
    with sqlite3.connect(data_dir / LEDGER_FILE) as connection:
        connection.execute("UPDATE account SET balance = 1")
    connection.close()
    with pytest.raises(LedgerError, match="does not add up"):
        back_up(data_dir, tmp_path / "backups" / "target")
    with pytest.raises(MissingFileError, match=r"There is no ledger in .*; give the bank's directory with --data-dir"):
        back_up(tmp_path / "empty", tmp_path / "backups" / "target")
    assert names(tmp_path / "backups") == []


def test_a_restore_puts_back_and_moves_aside(data_dir: Path, tmp_path: Path) -> None:
    back_up(data_dir, tmp_path / "monday")
    with Ledger(data_dir / LEDGER_FILE) as ledger:
        ledger.apply(deposit(90))
    identity = (data_dir / "identity.key").read_bytes()
    (data_dir / "identity.key").write_text("another")
    done = restore(tmp_path / "monday", data_dir)
    assert done.audit.total == total(data_dir) == 10
    assert done.remarks == ()
    aside = done.aside
    assert aside is not None
    assert aside.parent == data_dir
    assert names(data_dir) == sorted([*CONTENTS, OCCUPANCY_FILE, aside.name, "demo.card"])
    assert (data_dir / "identity.key").read_bytes() == identity
    assert names(aside) == sorted([*CONTENTS, OCCUPANCY_FILE])
    assert (aside / "identity.key").read_text() == "another"
    assert total(aside) == 100
    assert names(tmp_path / "monday") == CONTENTS


def test_a_restore_into_a_new_directory(data_dir: Path, tmp_path: Path) -> None:
    back_up(data_dir, tmp_path / "monday")
    done = restore(tmp_path / "monday", tmp_path / "new")
    assert (done.audit.total, done.aside, done.remarks) == (10, None, ())
    assert names(tmp_path / "new") == sorted([*CONTENTS, OCCUPANCY_FILE])


def test_a_stale_log_does_not_get_beside_what_is_restored(data_dir: Path, tmp_path: Path) -> None:
    back_up(data_dir, tmp_path / "monday")
    (data_dir / LOG).write_bytes(b"left by a bank that was killed")
    aside = restore(tmp_path / "monday", data_dir).aside
    assert aside is not None
    assert (aside / LOG).read_bytes() == b"left by a bank that was killed"
    assert total(data_dir) == 10


def test_a_backup_that_is_read_only_is_restored_and_stays_as_it_is(data_dir: Path, tmp_path: Path) -> None:
    source = tmp_path / "monday"
    back_up(data_dir, source)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in source.iterdir()}
    source.chmod(0o500)
    restore(source, data_dir)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in source.iterdir()} == before
    source.chmod(0o700)


async def test_nothing_is_restored_under_a_running_bank(live: LiveLedger, data_dir: Path, tmp_path: Path) -> None:
    back_up(data_dir, tmp_path / "monday")
    with pytest.raises(LedgerError, match="Another bank runs on the data directory"):
        await asyncio.to_thread(restore, tmp_path / "monday", data_dir)
    assert isinstance(await live.apply(deposit(1)), Done)


def test_a_damaged_backup_moves_nothing(data_dir: Path, tmp_path: Path) -> None:
    source = tmp_path / "monday"
    back_up(data_dir, source)
    before = names(data_dir)
    damaged = bytearray((source / LEDGER_FILE).read_bytes())
    damaged[4096:] = bytes(len(damaged) - 4096)
    (source / LEDGER_FILE).write_bytes(damaged)
    with pytest.raises(LedgerError, match=f"The ledger {source / LEDGER_FILE} is damaged"):
        restore(source, data_dir)
    with pytest.raises(MissingFileError, match="There is no backup in"):
        restore(tmp_path / "nothing", data_dir)
    with pytest.raises(FileError, match="is the data directory itself"):
        restore(data_dir, data_dir)
    assert names(data_dir) == sorted([*before, OCCUPANCY_FILE])
    assert total(data_dir) == 10


@pytest.mark.parametrize("step", range(10))
def test_a_restore_that_is_cut_short_loses_nothing_and_may_be_run_again(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Killed before its STEP-th renaming: no bank starts, no ledger begins anew, a second attempt completes it."""
    source = tmp_path / "monday"
    back_up(data_dir, source)
    with Ledger(data_dir / LEDGER_FILE) as ledger:
        ledger.apply(deposit(90))
    old = {path.name: path.read_bytes() for path in data_dir.iterdir()}
    plain, seen = Path.rename, 0

    class KilledError(BaseException):
        pass

    def rename(path: Path, target: Path) -> Path:
        nonlocal seen
        if seen == step:
            raise KilledError
        seen += 1
        return plain(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    try:
        restore(source, data_dir)
    except KilledError:
        with pytest.raises(LedgerError, match="was cut short; run `bank restore` again"), occupied(data_dir):
            pass
        if not (data_dir / LEDGER_FILE).exists():
            with pytest.raises(LedgerError, match="was cut short; run `bank restore` again"):
                Ledger(data_dir / LEDGER_FILE)
    else:
        assert step >= 8
    monkeypatch.undo()
    restore(source, data_dir)
    assert total(data_dir) == 10
    assert not (data_dir / RESTORING).exists()
    kept = [path for path in data_dir.rglob("*") if path.is_file()]
    for name, content in old.items():
        assert any(path.name == name and path.read_bytes() == content for path in kept), name


def test_what_is_written_is_synced(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: set[int] = set()
    plain = os.fsync

    def fsync(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)
        plain(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    target = tmp_path / "monday"
    back_up(data_dir, target)
    # The ledger is synced by SQLite itself.
    expected = {path.stat().st_ino for path in (tmp_path, target, *target.iterdir())}
    assert expected - synced <= {(target / LEDGER_FILE).stat().st_ino}
