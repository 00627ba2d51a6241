"""A restore from the directory of a bank that was killed: whole, or refused, or it is said that nobody can tell."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from app.bank.backup import back_up, restore
from app.credentials.identity import load_or_create_identity
from app.ledger import LEDGER_FILE, Done, Ledger
from app.ledger.occupancy import OCCUPANCY_FILE
from app.system.errors import LedgerError
from tests.support.accounts import deposit, open_ledger

LOG = f"{LEDGER_FILE}-wal"


@pytest.fixture
def data_dir(ledger_path: Path) -> Path:
    with Ledger(ledger_path) as ledger:
        ledger.open_account("demo", bytes(32))
        ledger.apply(deposit(10))
    load_or_create_identity(ledger_path.parent)
    return ledger_path.parent


def total(data_dir: Path) -> int:
    with Ledger(data_dir / LEDGER_FILE) as ledger:
        return ledger.verify().total


@pytest.fixture
async def crashed(data_dir: Path, tmp_path: Path) -> Path:
    """The directory of a bank that was killed: three deposits of one are in its log."""
    async with open_ledger(data_dir) as live:
        for _ in range(3):
            await live.apply(deposit(1))
        return Path(shutil.copytree(data_dir, tmp_path / "crashed"))


UNCHECKED = "It cannot be checked whether the last payments are all there; compare them."


def test_the_directory_of_a_killed_bank_is_restored_whole(crashed: Path, tmp_path: Path) -> None:
    done = restore(crashed, tmp_path / "new")
    assert (done.audit.total, done.remarks) == (13, ())


@pytest.mark.parametrize("cut", [1, 4120, 10**9])
def test_a_source_whose_log_lost_what_was_confirmed_is_refused(crashed: Path, tmp_path: Path, cut: int) -> None:
    log = crashed / LOG
    os.truncate(log, max(0, log.stat().st_size - cut))
    with pytest.raises(LedgerError, match=f"The log {log} of the ledger was damaged or cut: .*rm -f {crashed}"):
        restore(crashed, tmp_path / "new")
    (crashed / OCCUPANCY_FILE).unlink()  # as the sentence says: go on without
    done = restore(crashed, tmp_path / "new")
    assert done.audit.total < 13
    [remark] = done.remarks
    assert remark.startswith(f"The ledger {crashed / LEDGER_FILE} was not closed by its bank, and bank.lock")
    assert remark.endswith(UNCHECKED)


def test_a_source_without_the_note_cannot_be_checked(crashed: Path, tmp_path: Path) -> None:
    (crashed / OCCUPANCY_FILE).unlink()
    done = restore(crashed, tmp_path / "new")
    assert done.audit.total == 13
    assert [remark.endswith(UNCHECKED) for remark in done.remarks] == [True]


def test_a_source_whose_log_is_gone_is_refused_where_it_held_something(crashed: Path, tmp_path: Path) -> None:
    (crashed / LOG).unlink()
    with pytest.raises(LedgerError, match=f"The log {crashed / LOG} of the ledger is missing, and in it were"):
        restore(crashed, tmp_path / "new")


def test_what_was_moved_aside_is_restored_and_checked_like_it(crashed: Path, data_dir: Path, tmp_path: Path) -> None:
    back_up(data_dir, tmp_path / "monday")
    aside = restore(tmp_path / "monday", crashed).aside
    assert aside is not None
    assert total(crashed) == 13  # the backup is of after those deposits
    log = (aside / LOG).read_bytes()
    (aside / LOG).write_bytes(log[:-4120])
    with pytest.raises(LedgerError, match="was damaged or cut"):
        restore(aside, tmp_path / "new")
    (aside / LOG).write_bytes(log)
    assert restore(aside, tmp_path / "new").remarks == ()
    assert total(tmp_path / "new") == 13


async def test_the_directory_of_a_running_bank_is_no_backup(data_dir: Path, tmp_path: Path) -> None:
    """Its files change while they are copied."""
    async with open_ledger(data_dir) as live:
        with pytest.raises(LedgerError, match=f"A bank runs on {data_dir}; make a backup of it with `bank backup`"):
            await asyncio.to_thread(restore, data_dir, tmp_path / "new")
        assert isinstance(await live.apply(deposit(1)), Done)
