"""A ledger that cannot go on: the bank is told, whoever waits is told, and nobody waits for the faults of others."""

import asyncio
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from app.ledger import LEDGER_FILE, Done, Ledger, LedgerLostError, Order
from app.ledger.custody import Custody
from app.ledger.errors import NotBegunError, UnknownAccountError, likewise
from app.ledger.occupancy import occupied
from app.ledger.recording import Result
from app.ledger.writer import Writer
from app.system.errors import FileError, InternalError, LedgerError
from tests.support.accounts import deposit, open_ledger

DIGEST = bytes(32)
PATIENCE = 20
NAMES = ("alice", "bob", "carol")


@pytest.fixture
def data_dir(ledger_path: Path) -> Path:
    with Ledger(ledger_path) as ledger:
        for name in NAMES:
            ledger.open_account(name, DIGEST)
    return ledger_path.parent


@pytest.fixture
def writer(data_dir: Path) -> Iterator[Writer]:
    with occupied(data_dir) as occupancy:
        writer = Writer(occupancy)
        writer.begin()
        yield writer
        with suppress(LedgerLostError):  # where a test has taken it away
            writer.leave()


@pytest.fixture
def batches(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many orders each transaction was tried with; none waits long for another process."""
    writer._ledger._database._wait_at_most(0.05)
    sizes: list[int] = []
    plain = Ledger.apply_all

    def apply_all(ledger: Ledger, orders: Sequence[Order]) -> list[Result]:
        sizes.append(len(orders))
        return plain(ledger, orders)

    monkeypatch.setattr(Ledger, "apply_all", apply_all)
    return sizes


def orders() -> list[Order]:
    return [deposit(account=name) for name in NAMES]


def keep_busy(data_dir: Path) -> sqlite3.Connection:
    other = sqlite3.connect(data_dir / LEDGER_FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_a_transaction_that_cannot_begin_is_not_tried_again_for_each_order(
    writer: Writer, data_dir: Path, batches: list[int]
) -> None:
    other = keep_busy(data_dir)
    with pytest.raises(NotBegunError, match="is in use by another process; try again"):
        writer.carry_out(orders())
    assert batches == [3]
    other.close()
    assert writer.carry_out(orders()) == [Done(1)] * 3


def test_nor_is_what_cannot_begin_after_an_order_that_fails(
    writer: Writer, data_dir: Path, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that SQLite refuses makes each order be tried alone; then another process comes and stays."""
    spoilt, others = deposit(account="alice"), []
    beside = sqlite3.connect(data_dir / LEDGER_FILE, isolation_level=None)
    beside.execute("INSERT INTO journal VALUES (99, 'alice', ?, 'DEPOS', 1, 1, 1)", (spoilt.id,))
    counting = Ledger.apply_all

    def then_busy(ledger: Ledger, orders: Sequence[Order]) -> list[Result]:
        if orders[0].account == "bob":
            others.append(keep_busy(data_dir))
        return counting(ledger, orders)

    monkeypatch.setattr(Ledger, "apply_all", then_busy)
    outcomes = writer.carry_out([spoilt, *(deposit(account=name) for name in ("bob", "carol", "carol"))])
    for each in (beside, *others):
        each.close()
    assert batches == [4, 1, 1]
    assert all(isinstance(outcome, LedgerError) for outcome in outcomes)
    assert [isinstance(outcome, NotBegunError) for outcome in outcomes] == [False, True, True, True]
    assert len({id(outcome) for outcome in outcomes}) == 4


def change_the_file(data_dir: Path) -> None:
    os.utime(data_dir / LEDGER_FILE)


def open_it_to_others(data_dir: Path) -> None:
    (data_dir / LEDGER_FILE).chmod(0o644)


def fail(_data_dir: Path) -> None:
    raise RuntimeError("of our own making")


@pytest.mark.parametrize(
    ("act", "kind"),
    [(change_the_file, LedgerLostError), (open_it_to_others, FileError), (fail, InternalError)],
    ids=["the file is changed", "the file is opened to others", "a fault of ours"],
)
async def test_whatever_ends_the_verification_of_a_large_ledger_is_told(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[Path], None], kind: type[Exception]
) -> None:
    plain = Ledger.verify

    def verify(ledger: Ledger, give_up: Callable[[], bool]) -> object:
        verified = plain(ledger, give_up)
        act(data_dir)
        Ledger(data_dir / LEDGER_FILE).leave()  # as who opens it only now
        return verified

    monkeypatch.setattr(Ledger, "verify", verify)
    async with open_ledger(data_dir, quick_bytes=0) as live:
        waiting = asyncio.create_task(live.apply(deposit(account="alice")))
        async with asyncio.timeout(PATIENCE):
            failure = await live.failure()
        assert isinstance(failure, kind)
        assert "of our own making" not in str(failure)
        assert not waiting.done()
    with pytest.raises(LedgerError, match="The bank is ending"):
        await waiting


async def test_whoever_waits_when_the_ledger_is_closed_is_told_and_whoever_comes_later(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is under way is answered; what waits is not done."""
    begun, go_on = threading.Event(), threading.Event()
    plain = Writer.carry_out

    def carry_out(writer: Writer, orders: Sequence[Order]) -> Sequence[Result]:
        begun.set()
        assert go_on.wait(PATIENCE)
        return plain(writer, orders)

    monkeypatch.setattr(Writer, "carry_out", carry_out)
    async with asyncio.timeout(PATIENCE):
        async with open_ledger(data_dir) as live:
            paying = asyncio.create_task(live.apply(deposit(account="alice")))
            assert await asyncio.to_thread(begun.wait, PATIENCE)
            waiting = [asyncio.create_task(live.apply(deposit(account=name))) for name in NAMES]
            waiting[0].cancel()
            await asyncio.sleep(0)
            go_on.set()
        assert isinstance(await paying, Done)
        for each in waiting[1:]:
            with pytest.raises(LedgerError, match="The bank is ending; try again"):
                await each
        for late in (live.apply(deposit(account="alice")), live.card_digest("alice")):
            with pytest.raises(LedgerError, match="The bank is ending; try again"):
                await late


async def test_each_who_is_told_of_a_failure_has_an_error_of_his_own(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def carry_out(_writer: Writer, _orders: Sequence[Order]) -> Sequence[Result]:
        raise LedgerLostError("The ledger is gone.")

    async with open_ledger(data_dir) as live:
        monkeypatch.setattr(Writer, "carry_out", carry_out)
        told = await asyncio.gather(*(live.apply(deposit(account=name)) for name in NAMES), return_exceptions=True)
    assert [str(each) for each in told] == ["The ledger is gone."] * 3
    assert {type(each) for each in told} == {LedgerLostError}
    assert len({id(each) for each in told}) == 3


def test_the_same_error_once_more() -> None:
    for error in (UnknownAccountError("alice"), LedgerLostError("It is gone."), ValueError()):
        again = likewise(error)
        assert (type(again), str(again), again.__cause__) == (type(error), str(error), error)


async def test_a_log_that_cannot_be_written_into_the_ledger_is_logged(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def tidy(_writer: Writer) -> None:
        raise OSError("quoting")

    async with open_ledger(data_dir) as live:
        monkeypatch.setattr(Writer, "tidy", tidy)
        for _ in range(2):
            assert isinstance(await live.apply(deposit(account="alice")), Done)
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(said) == 2
    assert said[0].startswith("what comes after a batch failed: suitecase itself failed (OSError at ")
    assert "quoting" not in caplog.text


def test_a_log_that_goes_as_it_is_about_to_be_written_is_missed(
    writer: Writer, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(_custody: Custody) -> None:
        (data_dir / f"{LEDGER_FILE}-wal").unlink()  # just afterwards

    writer._log_pages = 10**6
    monkeypatch.setattr(Custody, "check", check)
    with pytest.raises(LedgerLostError):
        writer.tidy()
    monkeypatch.undo()


async def test_a_batch_that_cannot_begin_is_told_to_its_askers_and_holds_up_no_other(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise MemoryError

    async with open_ledger(data_dir) as live, asyncio.timeout(PATIENCE):
        with monkeypatch.context() as patch:
            patch.setattr(live._writing, "submit", refuse)
            told = await asyncio.gather(*(live.apply(deposit(account=name)) for name in NAMES), return_exceptions=True)
        assert [type(each) for each in told] == [MemoryError] * len(NAMES)
        for name in NAMES:
            assert await live.apply(deposit(account=name)) == Done(1)
