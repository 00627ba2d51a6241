"""Batches: whatever waits is handed to one thread together, and answered together."""

import asyncio
import logging
import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.ledger.errors import likewise
from app.system.errors import InternalError, LedgerError

logger = logging.getLogger("suitecase.ledger")

T = TypeVar("T")
Q = TypeVar("Q")
A = TypeVar("A")


class Turns(Generic[T]):
    """A queue for each account, served round robin, so one with many sessions waits as long as one with a single one.

    Each account's own order is kept.
    """

    def __init__(self) -> None:
        self._queues: OrderedDict[str, deque[T]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._queues)

    def add(self, account: str, item: T) -> None:
        """Let an item wait for its account's turn."""
        self._queues.setdefault(account, deque()).append(item)

    def take(self, most: int) -> list[T]:
        """Take at most so many items, one an account and round; who comes next now comes first the next time."""
        taken: list[T] = []
        while self._queues and len(taken) < most:
            account, queue = self._queues.popitem(last=False)
            taken.append(queue.popleft())
            if queue:
                self._queues[account] = queue
        return taken


@dataclass(frozen=True)
class _Waiting(Generic[Q, A]):
    question: Q
    answer: "asyncio.Future[A]"


class Batches(Generic[Q, A]):
    """Questions to a thread, in turns by account; lives in the event loop.

    While one batch is under way the next one gathers, and nothing waits for a batch to fill. `answer_all` runs in
    `executor`, which has one thread; it gives an answer, or an exception, for each question of a batch of at most
    `most`. What it raises is the answer to all of them. A question whose asker has gone is dropped. `afterwards` runs
    in the same thread when the answers are on their way; what it raises is logged.
    """

    def __init__(
        self,
        executor: Executor,
        answer_all: Callable[[Sequence[Q]], Sequence[A | Exception]],
        most: int,
        afterwards: Callable[[], None] = lambda: None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._executor = executor
        self._answer_all = answer_all
        self._most = most
        self._afterwards = afterwards
        self._turns: Turns[_Waiting[Q, A]] = Turns()
        self._held = True
        self._busy = False
        self._begins = False
        self._closed = False

    def begin(self) -> None:
        """Let questions through, which until now wait."""
        self._held = False
        self._begin_soon()

    def ask(self, account: str, question: Q) -> "asyncio.Future[A]":
        """Let a question wait for its account's turn; gives what its answer will be."""
        answer: asyncio.Future[A] = self._loop.create_future()
        if self._closed:
            answer.set_exception(closed())
            return answer
        self._turns.add(account, _Waiting(question, answer))
        self._begin_soon()
        return answer

    def close(self) -> None:
        """Answer whoever waits, and whoever comes, with a LedgerError. A batch under way is answered as ever."""
        self._closed = True
        for waiting in self._turns.take(sys.maxsize):
            if not waiting.answer.done():
                waiting.answer.set_exception(closed())

    def _begin_soon(self) -> None:
        """In the same round of the loop: so that what other sessions ask in it is of the same batch."""
        if self._turns and not (self._held or self._busy or self._begins):
            self._begins = True
            self._loop.call_soon(self._begin)

    def _begin(self) -> None:
        self._begins = False
        batch = [waiting for waiting in self._turns.take(self._most) if not waiting.answer.done()]
        if batch:
            self._busy = True
            try:
                self._executor.submit(self._run, batch)
            except Exception as error:  # noqa: BLE001 - as in `_run`; the next batch is to have its turn
                self._done(batch, [likewise(error) for _ in batch])
        else:
            self._begin_soon()

    def _run(self, batch: "list[_Waiting[Q, A]]") -> None:
        """In the thread."""
        answers: Sequence[A | Exception]
        try:
            answers = self._answer_all([waiting.question for waiting in batch])
        except Exception as error:  # noqa: BLE001 - whoever asked is told
            answers = [likewise(error) for _ in batch]
        except BaseException as error:  # noqa: BLE001 - the executor would keep it, and nobody would ever be answered
            answers = [InternalError(error) for _ in batch]
        self._loop.call_soon_threadsafe(self._done, batch, answers)
        try:
            self._afterwards()
        except Exception as error:  # noqa: BLE001 - the answers are on their way
            logger.error("what comes after a batch failed: %s", InternalError(error))  # noqa: TRY400 - it says where

    def _done(self, batch: "list[_Waiting[Q, A]]", answers: "Sequence[A | Exception]") -> None:
        self._busy = False
        for waiting, answer in zip(batch, answers, strict=True):
            if waiting.answer.done():  # whoever asked has gone
                continue
            if isinstance(answer, Exception):
                waiting.answer.set_exception(answer)
            else:
                waiting.answer.set_result(answer)
        self._begin_soon()


def closed() -> LedgerError:
    """What whoever asks is told when the ledger has been closed."""
    return LedgerError("The bank is ending; try again when it has been started anew.")
