"""The ledger of a running bank: many requests, one sync; turns by account; and what becomes of a batch that fails."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from app.ledger import AccountExistsError, Done, IdReused, Kind, Ledger, LedgerCorruptError, Order, UnknownAccountError
from app.ledger.batches import Turns
from app.ledger.live import LiveLedger
from app.ledger.recording import Result
from app.ledger.writer import Writer
from app.system.errors import LedgerError
from tests.support.accounts import deposit, open_ledger

DIGEST = bytes(range(32))
PATIENCE = 20


@pytest.fixture
def data_dir(ledger_path: Path) -> Path:
    with Ledger(ledger_path) as ledger:
        for name in ("alice", "bob", "carol"):
            ledger.open_account(name, DIGEST)
    return ledger_path.parent


@pytest.fixture
async def live(data_dir: Path) -> AsyncIterator[LiveLedger]:
    async with open_ledger(data_dir) as ledger:
        yield ledger


class Gate:
    """Holds the writer before each batch until it is let through, and tells which batches came."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.batches: list[list[Order]] = []
        self._closed = threading.Event()
        self._closed.set()
        self.came = threading.Semaphore(0)
        plain = Writer.carry_out

        def carry_out(writer: Writer, orders: Sequence[Order]) -> Sequence[Result]:
            self.batches.append(list(orders))
            self.came.release()
            assert self._closed.wait(PATIENCE)
            return plain(writer, orders)

        monkeypatch.setattr(Writer, "carry_out", carry_out)

    def shut(self) -> None:
        self._closed.clear()

    def open(self) -> None:
        self._closed.set()

    async def next(self) -> list[Order]:
        assert await asyncio.to_thread(self.came.acquire, timeout=PATIENCE)
        return self.batches[-1]


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(monkeypatch)


async def in_writer(live: LiveLedger, act: Callable[[sqlite3.Connection], object]) -> None:
    connection = live._writer._ledger._database._connection
    await asyncio.get_running_loop().run_in_executor(live._orders._executor, act, connection)


async def commits_of(live: LiveLedger) -> list[str]:
    """Every commit of the writer from now on."""
    seen: list[str] = []

    def trace(statement: str) -> None:
        if statement == "COMMIT":
            seen.append(statement)

    await in_writer(live, lambda connection: connection.set_trace_callback(trace))
    return seen


async def test_each_request_is_answered_and_is_seen_by_the_next_check_of_anyone(live: LiveLedger) -> None:
    for number in range(1, 20):
        assert await live.apply(deposit(5, "alice")) == Done(5 * number)
        assert await asyncio.gather(*(live.balance("alice") for _ in range(3))) == [5 * number] * 3
    assert await live.card_digest("alice") == DIGEST
    assert await live.card_digest("nobody") is None


async def test_whoever_waits_shares_one_commit(live: LiveLedger) -> None:
    commits = await commits_of(live)
    outcomes = await asyncio.gather(*(live.apply(deposit(account="alice")) for _ in range(100)))
    assert outcomes == [Done(number) for number in range(1, 101)]
    assert len(commits) == 1


async def test_one_that_fails_spoils_no_others(live: LiveLedger) -> None:
    first, second = deposit(7, "alice"), deposit(8, "bob")
    outcomes = await asyncio.gather(
        live.apply(first),
        live.apply(deposit(account="nobody")),
        live.balance("nobody"),
        live.apply(first),
        live.apply(replace(first, kind=Kind.WITHDRAWAL)),
        live.apply(second),
        return_exceptions=True,
    )
    assert isinstance(outcomes[1], UnknownAccountError)
    assert isinstance(outcomes[2], UnknownAccountError)
    assert outcomes[0] == outcomes[3] == Done(7)
    assert outcomes[4] == IdReused()
    assert outcomes[5] == Done(8)


async def test_a_row_that_sqlite_refuses_spoils_no_others(live: LiveLedger, ledger_path: Path) -> None:
    request = deposit(account="alice")
    beside = sqlite3.connect(ledger_path)
    beside.execute("PRAGMA foreign_keys = OFF")
    beside.execute("INSERT INTO journal VALUES (99, 'alice', ?, 'DEPOS', 1, 1, 1)", (request.id,))
    beside.commit()
    beside.close()
    spoilt, good = await asyncio.gather(
        live.apply(request), live.apply(deposit(3, account="bob")), return_exceptions=True
    )
    assert isinstance(spoilt, LedgerError)
    assert good == Done(3)


async def test_a_commit_that_fails_answers_nobody_and_a_retry_is_done_once(live: LiveLedger) -> None:

    def deny(act: int, statement: str | None, *_rest: str | None) -> int:
        denied = act == sqlite3.SQLITE_TRANSACTION and statement == "COMMIT"
        return sqlite3.SQLITE_DENY if denied else sqlite3.SQLITE_OK

    await in_writer(live, lambda connection: connection.set_authorizer(deny))
    orders = [deposit(10, "alice") for _ in range(5)]
    failed = await asyncio.gather(*(live.apply(order) for order in orders), return_exceptions=True)
    assert all(isinstance(outcome, LedgerError) for outcome in failed)
    await in_writer(live, lambda connection: connection.set_authorizer(None))
    assert await live.balance("alice") == 0
    await asyncio.gather(*(live.apply(order) for order in orders))
    assert await live.balance("alice") == 50


async def test_reads_wait_for_no_writer(live: LiveLedger, ledger_path: Path, gate: Gate) -> None:
    gate.shut()
    paying = asyncio.create_task(live.apply(deposit(account="alice")))
    await gate.next()
    other = sqlite3.connect(ledger_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with asyncio.timeout(5):
        assert await live.balance("alice") == 0
        assert await live.card_digest("bob") == DIGEST
    other.close()
    gate.open()
    assert isinstance(await paying, Done)


async def test_turns_are_by_account_and_each_keeps_its_order(data_dir: Path, gate: Gate) -> None:
    async with open_ledger(data_dir, max_batch=4) as live:
        gate.shut()
        first = asyncio.create_task(live.apply(deposit(account="carol")))
        await gate.next()
        greedy = [deposit(account="alice") for _ in range(10)]
        waiting = [asyncio.create_task(live.apply(order)) for order in greedy]
        modest = [asyncio.create_task(live.apply(deposit(account=name))) for name in ("bob", "carol")]
        await asyncio.sleep(0)
        gate.open()
        await asyncio.gather(first, *waiting, *modest)
    assert [[order.account for order in batch] for batch in gate.batches[1:]] == [
        ["alice", "bob", "carol", "alice"],
        ["alice"] * 4,
        ["alice"] * 4,
    ]
    assert [order for batch in gate.batches for order in batch if order.account == "alice"] == greedy


def test_who_was_passed_over_comes_first_the_next_time() -> None:
    turns = Turns[str]()
    for account, item in (("a", "a1"), ("a", "a2"), ("b", "b1"), ("c", "c1"), ("a", "a3")):
        turns.add(account, item)
    assert turns.take(2) == ["a1", "b1"]
    assert turns.take(2) == ["c1", "a2"]
    assert turns.take(2) == ["a3"]
    assert turns.take(2) == []
    assert not turns


async def test_what_nobody_waits_for_any_more_is_not_begun(live: LiveLedger, gate: Gate) -> None:
    gate.shut()
    begun = asyncio.create_task(live.apply(deposit(1, account="alice")))
    await gate.next()
    gone, stays = (asyncio.create_task(live.apply(deposit(amount, account="alice"))) for amount in (10, 100))
    await asyncio.sleep(0)
    gone.cancel()
    begun.cancel()  # this one is under way, and is done all the same
    await asyncio.gather(gone, begun, return_exceptions=True)
    gate.open()
    assert await stays == Done(101)


async def test_money_waits_until_a_large_ledger_is_verified(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    verifying, go_on = threading.Event(), threading.Event()
    plain = Ledger.verify

    def verify(ledger: Ledger, give_up: Callable[[], bool]) -> object:
        verifying.set()
        assert go_on.wait(PATIENCE)
        return plain(ledger, give_up)

    monkeypatch.setattr(Ledger, "verify", verify)
    async with open_ledger(data_dir, quick_bytes=0) as live:
        assert await asyncio.to_thread(verifying.wait, PATIENCE)
        paying = asyncio.create_task(live.apply(deposit(5, account="alice")))
        assert await live.card_digest("alice") == DIGEST
        assert await live.balance("alice") == 0
        assert not paying.done()
        go_on.set()
        assert isinstance(await paying, Done)
    assert "is verified, which takes about 1 s; money waits until then" in caplog.text


def tamper(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE account SET balance = 1 WHERE name = 'bob'")
    connection.commit()
    connection.close()


async def test_a_small_ledger_that_does_not_add_up_is_not_opened(data_dir: Path, ledger_path: Path) -> None:
    tamper(ledger_path)
    with pytest.raises(LedgerCorruptError, match=r"does not add up for account bob: .*restore it from a backup"):
        async with open_ledger(data_dir):
            pass


async def test_a_large_one_says_so_before_any_money_moves(data_dir: Path, ledger_path: Path) -> None:
    tamper(ledger_path)
    async with open_ledger(data_dir, quick_bytes=0) as live:
        paying = asyncio.create_task(live.apply(deposit(account="alice")))
        async with asyncio.timeout(PATIENCE):
            assert "does not add up for account bob" in str(await live.failure())
        assert not paying.done()
        paying.cancel()
    connection = sqlite3.connect(ledger_path)
    assert connection.execute("SELECT count(*) FROM journal").fetchone() == (0,)
    connection.close()


async def test_a_bank_may_end_while_it_verifies(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verifying = threading.Event()

    def endless(connection: sqlite3.Connection) -> None:
        verifying.set()
        connection.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")

    monkeypatch.setattr("app.ledger.book.audit", endless)
    async with asyncio.timeout(PATIENCE):
        async with open_ledger(data_dir, quick_bytes=0) as live:
            assert await asyncio.to_thread(verifying.wait, PATIENCE)
            await live.balance("alice")


async def test_the_log_is_written_into_the_file_as_it_grows(
    data_dir: Path, ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ledger.writer.LOG_PAGES", 60)
    monkeypatch.setattr("app.ledger.database.KEPT_LOG_BYTES", 300_000)
    log = ledger_path.with_name("ledger.sqlite3-wal")
    async with open_ledger(data_dir) as live:
        for _ in range(60):
            await live.apply(deposit(account="alice"))
        assert 100_000 < log.stat().st_size < 300_000, "it is written over, and not cut each time"
        reader = sqlite3.connect(ledger_path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM account").fetchall()  # as a backup does; the log has to wait for it
        for _ in range(60):
            await live.apply(deposit(account="alice"))
        assert log.stat().st_size > 600_000
        reader.close()
        for _ in range(40):
            await live.apply(deposit(account="alice"))
        assert log.stat().st_size < 300_000
    assert not log.exists()
    with Ledger(ledger_path) as ledger:
        assert ledger.verify().total == 160


async def test_an_account_is_opened_beside_the_orders(live: LiveLedger, ledger_path: Path) -> None:
    paying = [asyncio.create_task(live.apply(deposit(account="alice"))) for _ in range(3)]
    await live.open_account("dora", DIGEST)
    with pytest.raises(AccountExistsError, match="There is an account alice already"):
        await live.open_account("alice", DIGEST)
    assert await live.card_digest("dora") == DIGEST
    assert await live.apply(deposit(2, "dora")) == Done(2)
    await asyncio.gather(*paying)
    with Ledger(ledger_path) as beside:
        assert beside.verify().accounts == 4
    live.raise_failure()
