"""Nothing is confirmed to a file that is no longer the ledger; and one data directory has one bank."""

import asyncio
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.ledger import LEDGER_FILE, Done, Ledger, LedgerLostError
from app.ledger.occupancy import OCCUPANCY_FILE, RESTORING, occupied
from app.ledger.writer import LOG_PAGES, Writer
from app.system.errors import FileError, LedgerError
from tests.support.accounts import deposit, open_ledger

StartProgram = Callable[..., subprocess.Popen[str]]

DIGEST = bytes(32)

OCCUPY = """
import sys
from pathlib import Path
from app.ledger.occupancy import occupied

with occupied(Path(sys.argv[1])):
    print("occupied", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data_dir(ledger_path: Path) -> Path:
    with Ledger(ledger_path) as ledger:
        ledger.open_account("demo", DIGEST)
    return ledger_path.parent


def copy_aside_and_back(data_dir: Path) -> None:
    shutil.copytree(data_dir, data_dir.with_name("copy"))
    data_dir.rename(data_dir.with_name("old"))
    data_dir.with_name("copy").rename(data_dir)


def replace_by_link_to_copy(data_dir: Path) -> None:
    copy_aside_and_back(data_dir)
    data_dir.rename(data_dir.with_name("copy"))
    data_dir.symlink_to("copy")


def rename_a_copy_over(name: str) -> Callable[[Path], None]:
    def replace(data_dir: Path) -> None:
        copy = data_dir.with_name("file")
        shutil.copy2(data_dir / name, copy)
        copy.replace(data_dir / name)

    return replace


def write_over_the_file(data_dir: Path, kept: Path | None = None) -> None:
    content = (kept or data_dir / LEDGER_FILE).read_bytes()
    time.sleep(0.02)  # a file system's clock has steps
    (data_dir / LEDGER_FILE).write_bytes(content)


def remove_all_of_the_ledger(data_dir: Path) -> None:
    for path in data_dir.glob("ledger*"):
        path.unlink()


FILES = (LEDGER_FILE, f"{LEDGER_FILE}-wal", f"{LEDGER_FILE}-shm", OCCUPANCY_FILE)

CHANGES: dict[str, Callable[[Path], object]] = {
    "a copy in the place of the directory": copy_aside_and_back,
    "the directory renamed": lambda data_dir: data_dir.rename(data_dir.with_name("elsewhere")),
    "a link to a copy in the place of the directory": replace_by_link_to_copy,
    "all of the ledger removed": remove_all_of_the_ledger,
    "a file written over the ledger": write_over_the_file,
    "the ledger cut": lambda data_dir: os.truncate(data_dir / LEDGER_FILE, 4096),
    "the log cut": lambda data_dir: os.truncate(data_dir / f"{LEDGER_FILE}-wal", 0),
    **{f"{name} removed": lambda data_dir, name=name: (data_dir / name).unlink() for name in FILES},  # type: ignore[misc]
    **{f"{name} replaced": rename_a_copy_over(name) for name in FILES},
}


@pytest.mark.parametrize("change", CHANGES)
async def test_what_goes_elsewhere_is_not_confirmed(data_dir: Path, change: str) -> None:
    async with open_ledger(data_dir) as live:
        assert isinstance(await live.apply(deposit(50)), Done)
        CHANGES[change](data_dir)
        for _ in range(2):
            with pytest.raises(LedgerLostError, match="The bank ends, and confirms nothing more: while it ran, "):
                await live.apply(deposit(50))
        async with asyncio.timeout(20):
            assert isinstance(await live.failure(), LedgerLostError)


@pytest.mark.parametrize("change", CHANGES)
async def test_nor_is_an_account_that_is_opened_there(data_dir: Path, change: str) -> None:
    async with open_ledger(data_dir) as live:
        CHANGES[change](data_dir)
        with pytest.raises(LedgerLostError):
            await live.open_account("other", DIGEST)
        async with asyncio.timeout(20):
            assert isinstance(await live.failure(), LedgerLostError)


@pytest.mark.parametrize("change", [each for each in CHANGES if "over the" not in each and " cut" not in each])
async def test_nor_is_a_balance_told_from_there(data_dir: Path, change: str) -> None:
    async with open_ledger(data_dir) as live:
        CHANGES[change](data_dir)
        with pytest.raises(LedgerLostError):
            await live.balance("demo")
        with pytest.raises(LedgerLostError):
            await live.card_digest("demo")


async def test_what_happens_while_a_batch_is_written_is_noticed_before_it_is_confirmed(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Ledger.apply_all

    def apply_and_move(ledger: Ledger, orders: object) -> object:
        outcomes = plain(ledger, orders)  # type: ignore[arg-type]
        copy_aside_and_back(data_dir)
        return outcomes

    async with open_ledger(data_dir) as live:
        monkeypatch.setattr(Ledger, "apply_all", apply_and_move)
        with pytest.raises(LedgerLostError):
            await live.apply(deposit(50))


def look_closely(data_dir: Path, name: str) -> None:
    """Read and copy the files of a running bank, and let a backup program set a time of access."""
    path = data_dir / LEDGER_FILE
    shutil.copytree(data_dir, data_dir.with_name(name))
    os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))


def replace_by_link_to_itself(data_dir: Path) -> None:
    data_dir.rename(data_dir.with_name("moved"))
    data_dir.symlink_to("moved")


async def test_what_belongs_to_a_running_bank_is_no_false_alarm(data_dir: Path, ledger_path: Path) -> None:
    """Accounts that are opened beside it, a file that is read and copied, and a link to the very directory."""
    async with open_ledger(data_dir) as live:
        for number in range(3):
            with Ledger(ledger_path) as beside:
                beside.open_account(f"account-{number}", DIGEST)
                beside.verify()
            look_closely(data_dir, f"copy-{number}")
            assert isinstance(await live.apply(deposit(50)), Done)
            assert isinstance(await live.apply(deposit(50, account=f"account-{number}")), Done)
        replace_by_link_to_itself(data_dir)
        assert isinstance(await live.apply(deposit(50)), Done)
    with Ledger(ledger_path) as ledger:
        assert ledger.verify().total == 7 * 50


async def test_a_file_written_over_the_ledger_stays_as_it_was_put_there_or_is_refused(
    data_dir: Path, ledger_path: Path, tmp_path: Path
) -> None:
    kept = Path(shutil.copy(ledger_path, tmp_path / "kept"))
    async with open_ledger(data_dir) as live:
        await live.apply(deposit(50))
        write_over_the_file(data_dir, kept)
        with pytest.raises(LedgerLostError, match="was changed from outside"):
            await live.apply(deposit(50))
    try:
        with Ledger(ledger_path) as ledger:
            assert ledger.verify().total == 0
    except LedgerError as error:
        assert "do not belong together" in str(error)  # noqa: PT017 - either will do


def test_a_second_bank_is_refused_and_the_next_is_not(
    data_dir: Path, start_program: StartProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ledger.occupancy.PATIENCE", 0.1)
    first = start_program(OCCUPY, data_dir)
    assert first.stdout is not None
    assert first.stdout.readline() == "occupied\n"
    sentence = f"Another bank runs on the data directory {data_dir}; end it first, or choose another directory"
    with pytest.raises(LedgerError, match=sentence), occupied(data_dir, patience=0.1):
        pass
    first.kill()  # the lock dies with it
    first.wait()
    with occupied(data_dir, patience=0):
        pass


def test_a_bank_that_is_just_ending_is_waited_for(data_dir: Path, start_program: StartProgram) -> None:
    first = start_program(OCCUPY, data_dir)
    assert first.stdout is not None
    assert first.stdout.readline() == "occupied\n"
    timer = threading.Timer(0.3, first.kill)
    timer.start()
    with occupied(data_dir):
        pass
    timer.join()


def test_a_new_directory_is_made_private_and_a_bad_lock_file_is_refused(tmp_path: Path) -> None:
    new = tmp_path / "new"
    with occupied(new):
        assert new.stat().st_mode & 0o777 == 0o700
        assert (new / OCCUPANCY_FILE).stat().st_mode & 0o777 == 0o600
    (new / OCCUPANCY_FILE).chmod(0o666)
    with pytest.raises(FileError, match=r"lock file .* can be reached by other users"), occupied(new):
        pass
    (new / OCCUPANCY_FILE).unlink()
    (new / OCCUPANCY_FILE).symlink_to(tmp_path / "victim")
    with pytest.raises(FileError, match=r"lock file .* cannot be opened"), occupied(new):
        pass
    assert not (tmp_path / "victim").exists()


def test_no_bank_starts_where_a_restore_was_cut_short(data_dir: Path) -> None:
    (data_dir / RESTORING).mkdir()
    with pytest.raises(LedgerError, match="was cut short; run `bank restore` again"), occupied(data_dir):
        pass
    with occupied(data_dir, restoring=True):
        pass


def test_a_ledger_belongs_to_one_bank(ledger_path: Path) -> None:
    ours, theirs = bytes([1]) * 32, bytes([2]) * 32
    for _ in range(2):
        with Ledger(ledger_path) as ledger:
            ledger.belongs_to(ours)
            with pytest.raises(LedgerError, match="belongs to another bank than the identity key beside it"):
                ledger.belongs_to(theirs)
    with Ledger(ledger_path) as ledger:
        ledger.belongs_to(theirs, may_replace=True)
        with pytest.raises(LedgerError, match="belongs to another bank"):
            ledger.belongs_to(ours)


@pytest.mark.parametrize("name", [LEDGER_FILE, f"{LEDGER_FILE}-wal", OCCUPANCY_FILE])
@pytest.mark.parametrize("moment", ["begin", "tidy", "leave"])
def test_what_is_replaced_while_the_log_is_written_into_the_ledger_is_not_taken_for_it(
    data_dir: Path, moment: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replacing(plain: Callable[..., object]) -> Callable[..., object]:
        def act(ledger: Ledger, **options: object) -> object:
            done = plain(ledger, **options)
            rename_a_copy_over(name)(data_dir)
            return done

        return act

    with occupied(data_dir) as occupancy:
        writer = Writer(occupancy)
        if moment != "begin":
            writer.begin()
            writer._log_pages = LOG_PAGES
        with monkeypatch.context() as patched:
            for step in ("renew", "put_down"):
                patched.setattr(Ledger, step, replacing(getattr(Ledger, step)))
            if moment == "leave":  # which has nothing to confirm, and writes into nothing that is there now
                left: list[Path] = []
                patched.setattr(Ledger, "leave", lambda ledger: left.append(ledger._database.path))
                with pytest.raises(LedgerLostError):
                    writer.leave()
                assert left == [data_dir / LEDGER_FILE]
                writer._ledger._database.leave()
                return
            with pytest.raises(LedgerLostError):
                getattr(writer, moment)()
        for _ in range(2):
            with pytest.raises(LedgerLostError):
                writer.carry_out([deposit(50)])
        with pytest.raises(LedgerLostError):
            writer.leave()


async def test_the_bank_ends_at_once_when_its_ledger_is_replaced_then(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ledger.writer.LOG_PAGES", 1)
    plain = Ledger.renew

    def renew_and_replace(ledger: Ledger, *, in_use: bool) -> bool:
        renewed = plain(ledger, in_use=in_use)
        rename_a_copy_over(LEDGER_FILE)(data_dir)
        return renewed

    async with open_ledger(data_dir) as live:
        monkeypatch.setattr(Ledger, "renew", renew_and_replace)
        assert isinstance(await live.apply(deposit(50)), Done), "it was confirmed before"
        async with asyncio.timeout(20):
            assert isinstance(await live.failure(), LedgerLostError)
