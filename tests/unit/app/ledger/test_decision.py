"""Who decides is an object: asked once a batch, before anything is written, and perhaps in another process."""

import asyncio
import json
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.ledger import LEDGER_FILE, Declined, Done, IdReused, Ledger, Order, Reason
from app.ledger.decision import IN_THE_CLEAR
from app.ledger.errors import UndecidedError
from app.protocol.money import MAX_AMOUNT
from tests.support.accounts import deposit, open_ledger, withdraw

NAMES = ("alice", "bob")
PATIENCE = 20

# Reads a line of JSON for each batch: balances, and the account and the change of each order. Answers with reasons.
VAULT = """
import json, sys

for line in sys.stdin:
    balances, orders = json.loads(line)
    reasons = []
    for account, change in orders:
        good = balances[account] + change >= 0
        balances[account] += change * good
        reasons.append(None if good else "insufficient-funds")
    print(json.dumps(reasons), flush=True)
"""

Question = tuple[dict[str, int], list[Order]]


@pytest.fixture
def data_dir(ledger_path: Path) -> Path:
    with Ledger(ledger_path) as ledger:
        for name in NAMES:
            ledger.open_account(name, bytes(32))
    return ledger_path.parent


class Recorder:
    """Decides in the clear, and keeps what it was asked and what another process could read then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.asked: list[Question] = []
        self.answers_seen: list[int] = []

    def decide(self, balances: Mapping[str, int], orders: Sequence[Order]) -> Sequence[Reason | None]:
        self.asked.append((dict(balances), list(orders)))
        beside = sqlite3.connect(self._path)
        (count,) = beside.execute("SELECT count(*) FROM answer").fetchone()
        beside.close()
        self.answers_seen.append(count)
        return IN_THE_CLEAR.decide(balances, orders)


class Vault:
    """A decider in another process, whose client lives in the event loop; the writer's thread waits for its answer."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._loop = asyncio.get_running_loop()
        self.seconds = float(PATIENCE)
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.asked = asyncio.Semaphore(0)
        self.batches: list[int] = []

    def decide(self, balances: Mapping[str, int], orders: Sequence[Order]) -> Sequence[Reason | None]:
        asking = asyncio.run_coroutine_threadsafe(self._ask(balances, orders), self._loop)
        try:
            return asking.result()
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise UndecidedError("The vault does not answer; try again.") from error

    async def _ask(self, balances: Mapping[str, int], orders: Sequence[Order]) -> list[Reason | None]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.batches.append(len(orders))
        self.asked.release()
        question = (dict(balances), [(order.account, order.change) for order in orders])
        async with asyncio.timeout(self.seconds):
            await self.may_answer.wait()
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            await self._process.stdin.drain()
            answer = await self._process.stdout.readuntil()
        return [None if word is None else Reason(word) for word in json.loads(answer)]

    def end(self) -> None:
        self._process.kill()


@pytest.fixture
async def vault() -> AsyncIterator[Vault]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-I", "-c", VAULT, stdin=PIPE, stdout=PIPE)
    vault = Vault(process)
    yield vault
    if process.returncode is None:
        vault.end()
    await process.communicate()


def test_nothing_is_overdrawn_and_nothing_passes_the_limit() -> None:
    balances = {"demo": 10, "other": 0}
    orders = [withdraw(5), withdraw(6), deposit(1), withdraw(1, "other"), deposit(MAX_AMOUNT), deposit(MAX_AMOUNT - 6)]
    assert IN_THE_CLEAR.decide(balances, orders) == [
        None,
        Reason.INSUFFICIENT_FUNDS,
        None,
        Reason.INSUFFICIENT_FUNDS,
        Reason.BALANCE_LIMIT,
        None,
    ]
    assert balances == {"demo": 10, "other": 0}


def test_a_decider_is_asked_for_new_orders_alone_once_a_batch_before_anything_is_written(ledger_path: Path) -> None:
    recorder = Recorder(ledger_path)
    with Ledger(ledger_path, decider=recorder) as ledger:
        for name in NAMES:
            ledger.open_account(name, bytes(32))
        first, second = deposit(5, "alice"), withdraw(7, "bob")
        assert ledger.apply(first) == Done(5)
        third = deposit(1, "alice")
        stranger = deposit(account="nobody")
        results = ledger.apply_all([second, first, third, stranger, replace(first, amount=6), third])
        assert results[:3] == [Declined(Reason.INSUFFICIENT_FUNDS), Done(5), Done(6)]
        assert results[4:] == [IdReused(), Done(6)]
        assert ledger.apply_all([first, second]) == [Done(5), Declined(Reason.INSUFFICIENT_FUNDS)]
    assert recorder.asked == [({"alice": 0}, [first]), ({"alice": 5, "bob": 0}, [second, third])]
    assert recorder.answers_seen == [0, 1]


@pytest.mark.parametrize("reasons", [[], [None, None]])
def test_a_decider_that_answers_too_little_or_too_much_moves_nothing(
    data_dir: Path, reasons: list[Reason | None]
) -> None:
    class Wrong:
        def decide(self, _balances: Mapping[str, int], _orders: Sequence[Order]) -> Sequence[Reason | None]:
            return reasons

    with Ledger(data_dir / LEDGER_FILE, decider=Wrong()) as ledger:
        with pytest.raises(UndecidedError, match="no word on each"):
            ledger.apply(deposit(account="alice"))
        assert ledger.verify().entries == 0


async def test_a_vault_decides_for_many_at_a_time_and_the_loop_goes_on(data_dir: Path, vault: Vault) -> None:
    async with open_ledger(data_dir, decider=vault) as live, asyncio.timeout(PATIENCE):
        vault.may_answer.clear()
        first = asyncio.create_task(live.apply(deposit(5, "alice")))
        await vault.asked.acquire()
        orders = [withdraw(2, "alice") for _ in range(3)]
        waiting = [asyncio.create_task(live.apply(order)) for order in orders]
        assert await live.balance("alice") == 0
        assert await live.card_digest("bob") == bytes(32)
        assert not first.done()
        vault.may_answer.set()
        assert await first == Done(5)
        declined = Declined(Reason.INSUFFICIENT_FUNDS)
        assert await asyncio.gather(*waiting) == [Done(3), Done(1), declined]
        assert [await live.apply(order) for order in orders] == [Done(3), Done(1), declined], "and nobody decides again"
        assert vault.batches == [1, 3]


@pytest.mark.parametrize("silent", [True, False])
async def test_a_vault_that_does_not_answer_is_asked_once_for_a_batch_and_nothing_is_done(
    data_dir: Path, vault: Vault, *, silent: bool
) -> None:
    orders = [deposit(3, name) for name in NAMES]
    async with asyncio.timeout(PATIENCE):
        async with open_ledger(data_dir, decider=vault) as live:
            if silent:
                vault.seconds = 0.05
                vault.may_answer.clear()
            else:
                vault.end()
            told = await asyncio.gather(*(live.apply(order) for order in orders), return_exceptions=True)
            assert [type(each) for each in told] == [UndecidedError] * 2
            assert vault.batches == [2]
            assert await live.balance("alice") == 0
            live.raise_failure()
        async with open_ledger(data_dir) as live:
            assert await asyncio.gather(*(live.apply(order) for order in orders)) == [Done(3)] * 2
    with Ledger(data_dir / LEDGER_FILE) as ledger:
        assert ledger.verify().total == 6


class Wrong:
    """A decider that does what it may not."""

    def __init__(self, does: Callable[[Mapping[str, int], Sequence[Order]], Any]) -> None:
        self.does: Callable[[Mapping[str, int], Sequence[Order]], Any] | None = does

    def decide(self, balances: Mapping[str, int], orders: Sequence[Order]) -> Sequence[Reason | None]:
        if self.does is None:
            return IN_THE_CLEAR.decide(balances, orders)
        answer: Sequence[Reason | None] = self.does(balances, orders)
        return answer


def books_by_itself(balances: Any, orders: Sequence[Order]) -> list[None]:
    for order in orders:
        balances[order.account] += order.change
    return [None for _ in orders]


def raises(error: BaseException) -> Callable[[Mapping[str, int], Sequence[Order]], Any]:
    def fail(_balances: Mapping[str, int], _orders: Sequence[Order]) -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    "does",
    [
        books_by_itself,
        raises(ValueError("4711")),
        raises(SystemExit(0)),
        raises(KeyboardInterrupt()),
        raises(asyncio.CancelledError()),
        lambda _balances, _orders: [],
        lambda _balances, orders: [None] * (len(orders) + 1),
        lambda _balances, orders: ["insufficient_funds" for _ in orders],
        lambda _balances, orders: [False for _ in orders],
        lambda _balances, _orders: None,
    ],
)
async def test_a_decider_that_goes_wrong_moves_nothing_and_stops_nobody(tmp_path: Path, does: Any) -> None:
    decider = Wrong(does)
    async with open_ledger(tmp_path, decider=decider) as ledger:
        await ledger.open_account("demo", bytes(32))
        async with asyncio.timeout(PATIENCE):
            for _ in range(2):
                with pytest.raises(UndecidedError) as caught:
                    await ledger.apply(order := deposit(5))
                assert "4711" not in str(caught.value)
            decider.does = None
            assert await ledger.apply(order) == Done(5)
            assert await ledger.balance("demo") == 5
