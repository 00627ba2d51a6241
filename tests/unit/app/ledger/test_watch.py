"""A bank notices that its ledger is lost whether it is asked something or not, and at its end at the latest."""

import asyncio
import shutil
from pathlib import Path

import pytest

from app.ledger import LEDGER_FILE, Done, Ledger, LedgerLostError
from app.system.errors import LedgerError
from tests.support.accounts import deposit, open_ledger
from tests.unit.app.ledger.test_custody import CHANGES, DIGEST


@pytest.fixture
def data_dir(ledger_path: Path) -> Path:
    with Ledger(ledger_path) as ledger:
        ledger.open_account("demo", DIGEST)
    return ledger_path.parent


@pytest.mark.parametrize("change", CHANGES)
async def test_a_bank_that_is_asked_nothing_notices_too(data_dir: Path, change: str) -> None:
    async with open_ledger(data_dir) as live:
        assert isinstance(await live.apply(deposit(50)), Done)
        CHANGES[change](data_dir)
        async with asyncio.timeout(20):
            assert isinstance(await live.failure(), LedgerLostError)


@pytest.mark.parametrize("change", CHANGES)
async def test_it_is_noticed_at_the_end_at_the_latest(
    data_dir: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ledger.live.LOOK_SECONDS", 3600)
    async with open_ledger(data_dir) as live:
        assert isinstance(await live.apply(deposit(50)), Done)
        live.raise_failure()
        CHANGES[change](data_dir)
    with pytest.raises(LedgerLostError, match="The bank ends, and confirms nothing more: while it ran, "):
        live.raise_failure()


async def test_a_lookup_that_fails_lets_the_files_be_looked_at(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older ledger with its log is copied over the one of a bank that runs, into the very files."""
    monkeypatch.setattr("app.ledger.live.LOOK_SECONDS", 3600)
    older = shutil.copytree(data_dir, data_dir.with_name("older"))
    async with open_ledger(data_dir) as live:
        for _ in range(3):
            assert isinstance(await live.apply(deposit(50)), Done)
        live.raise_failure()
        await asyncio.sleep(0.02)  # a file system's clock has steps
        shutil.copyfile(older / LEDGER_FILE, data_dir / LEDGER_FILE)

        def failing(*_: object) -> object:
            raise LedgerError("It cannot be read or written; check the disk.")

        monkeypatch.setattr(Ledger, "accounts", failing)
        with pytest.raises(LedgerError):
            await live.card_digest("demo")
        async with asyncio.timeout(20):
            assert isinstance(await live.failure(), LedgerLostError)


async def test_a_disk_that_fails_once_ends_no_bank(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.ledger.live.LOOK_SECONDS", 0.01)
    plain = Ledger.accounts

    def failing(*_: object) -> object:
        raise LedgerError("It cannot be read or written; check the disk.")

    async with open_ledger(data_dir) as live:
        monkeypatch.setattr(Ledger, "accounts", failing)
        with pytest.raises(LedgerError):
            await live.card_digest("demo")
        monkeypatch.setattr(Ledger, "accounts", plain)
        await asyncio.sleep(0.1)
        assert await live.card_digest("demo") == DIGEST
        assert isinstance(await live.apply(deposit(50)), Done)
    live.raise_failure()


def copy_over(older: Path, data_dir: Path) -> None:
    """Put an older ledger and its log into the files themselves, times included, as `cp -a` does."""
    for name in (LEDGER_FILE, f"{LEDGER_FILE}-wal"):
        shutil.copyfile(older / name, data_dir / name)
        shutil.copystat(older / name, data_dir / name)


@pytest.mark.parametrize("watched", [True, False])
@pytest.mark.parametrize("orders", [2, 600])
async def test_an_older_state_copied_into_the_files_is_noticed_and_nothing_confirmed(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, orders: int, *, watched: bool
) -> None:
    """With 600 orders the log has been begun anew before: it keeps its size, so that none of the sizes tells."""
    monkeypatch.setattr("app.ledger.live.LOOK_SECONDS", 0.2 if watched else 3600)
    async with open_ledger(data_dir) as live:
        for _ in range(orders):
            assert isinstance(await live.apply(deposit(50)), Done)
        older = shutil.copytree(data_dir, data_dir.with_name("older"))
        for _ in range(5):
            assert isinstance(await live.apply(deposit(50)), Done)
        live.raise_failure()
        copy_over(older, data_dir)
        if not watched:
            for _ in range(2):
                with pytest.raises(LedgerLostError):
                    await live.apply(deposit(50))
        async with asyncio.timeout(20):
            assert isinstance(await live.failure(), LedgerLostError)
        with pytest.raises(LedgerLostError):
            await live.apply(deposit(50))


async def test_accounts_that_are_opened_beside_are_no_false_alarm(
    data_dir: Path, ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They write to the log, too; and so do those that give up."""
    monkeypatch.setattr("app.ledger.live.LOOK_SECONDS", 0.01)

    def open_accounts() -> None:
        for number in range(20):
            with Ledger(ledger_path) as beside:
                beside.open_account(f"account-{number}", DIGEST)
                with pytest.raises(LedgerError):
                    beside.open_account("demo", DIGEST)

    async with open_ledger(data_dir) as live:
        opening = asyncio.create_task(asyncio.to_thread(open_accounts))
        while not opening.done():
            assert isinstance(await live.apply(deposit(50)), Done)
        await opening
        live.raise_failure()
    live.raise_failure()
