"""The ledger of a bank that runs: asked by many sessions at once, one transaction and one sync for all who wait."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from typing import Final, Protocol, Self, TypeVar

from app.ledger.batches import Batches, closed
from app.ledger.book import Ledger
from app.ledger.decision import IN_THE_CLEAR, Decider
from app.ledger.errors import LedgerLostError, UnknownAccountError
from app.ledger.file import LEDGER_FILE, log_path
from app.ledger.interface import Order, Outcome
from app.ledger.occupancy import Occupancy
from app.ledger.recording import Result
from app.ledger.rows import AccountState
from app.ledger.writer import Writer
from app.system.errors import InternalError, LedgerError, UserError
from app.system.files import refusing

MAX_BATCH: Final = 256
"""Requests in one transaction, at most: some milliseconds of work, so that nobody's turn is far away."""

MAX_LOOKUPS: Final = 1024
"""Accounts that are looked up at a time, at most: as many as there are channels."""

QUICK_BYTES: Final = 16 * 2**20
"""A ledger up to this size is verified before the bank listens. It takes about a second."""

LOOK_SECONDS: Final = 1.0
"""A bank looks so often whether its files are still the ledger, whether it is asked something or not."""

VERIFIED_BYTES_A_SECOND: Final = 16 * 2**20
"""About how quickly a ledger is verified: 36 MB took 1.9 s. For what the log says of a large one."""

logger = logging.getLogger("suitecase.ledger")

R = TypeVar("R")


class _Opened(Protocol):
    def leave(self) -> None: ...


T = TypeVar("T", bound=_Opened)


class LiveLedger:
    """The ledger of the data directory that is occupied, for an event loop: `Accounts` and `Enrolment`.

    One thread writes. It takes whatever waits, in turns by account, into one transaction; the answers leave when that
    is on the disk. Another thread reads, and waits for no writer: what was answered, it sees. Before the first money
    moves the whole file is verified; requests to move some wait for that, and others do not.

    An async context manager. Entering raises LedgerError and FileError; for a ledger that is damaged, too, unless it is
    large.
    """

    def __init__(
        self,
        occupancy: Occupancy,
        *,
        decider: Decider = IN_THE_CLEAR,
        max_batch: int = MAX_BATCH,
        quick_bytes: int = QUICK_BYTES,
    ) -> None:
        self._path = occupancy.data_dir / LEDGER_FILE
        self._occupancy = occupancy
        self._decider = decider
        self._max_batch = max_batch
        self._quick_bytes = quick_bytes
        self._closing = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._failure: asyncio.Future[UserError] = self._loop.create_future()
        async with AsyncExitStack() as stack:
            self._writing, self._writer = await self._open(
                stack, "ledger-writer", lambda: Writer(self._occupancy, self._decider)
            )
            reading, self._reader = await self._open(stack, "ledger-reader", lambda: Ledger(self._path))
            self._orders: Batches[Order, Outcome] = Batches(self._writing, self._carry_out, self._max_batch, self._tidy)
            self._lookups: Batches[str, AccountState | None] = Batches(reading, self._look_up, MAX_LOOKUPS)
            for batches in (self._orders, self._lookups):
                stack.callback(batches.close)
            with refusing(self._path, "ledger", "read"):
                size = self._path.stat().st_size + log_path(self._path).stat().st_size
            if size <= self._quick_bytes:
                await self._loop.run_in_executor(reading, self._reader.verify)
                await self._begin()
            else:
                stack.push_async_callback(_cancel, asyncio.create_task(self._verify_beside(size)))
            self._lookups.begin()
            stack.push_async_callback(_cancel, asyncio.create_task(self._watch()))
            self._closing = stack.pop_all()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._closing.aclose()

    async def card_digest(self, account: str) -> bytes | None:
        state = await self._lookups.ask(account, account)
        return None if state is None else state.card_digest

    async def balance(self, account: str) -> int:
        state = await self._lookups.ask(account, account)
        if state is None:
            raise UnknownAccountError(account)
        return state.balance

    async def apply(self, order: Order) -> Outcome:
        """As `Accounts.apply`. When this is cancelled before the order's turn has come, nothing is done."""
        return await self._orders.ask(order.account, order)

    async def open_account(self, name: str, card_digest: bytes) -> None:
        try:
            opening = self._loop.run_in_executor(self._writing, self._open_account, name, card_digest)
        except RuntimeError:  # the executor is shut down
            raise closed() from None
        await opening

    async def failure(self) -> UserError:
        """Wait until the ledger cannot go on: it is damaged, or its files are no longer those of its names.

        Gives the sentence with which the bank ends.
        """
        return await asyncio.shield(self._failure)

    def raise_failure(self) -> None:
        """Raise what `failure` gives, if there is something; when this is closed, also what was found then."""
        if self._failure.done():
            raise self._failure.result()

    # --- in the threads ---

    def _look_up(self, names: Sequence[str]) -> Sequence[AccountState | None]:
        try:
            found = self._reader.accounts(set(names))
        except LedgerError:  # the fault of the disk, or of who has written over the files
            self._writing.submit(self._lasting, self._writer.look)
            raise
        self._lasting(self._writer.custody.check_names)
        return [found.get(name) for name in names]

    def _carry_out(self, orders: Sequence[Order]) -> Sequence[Result]:
        return self._lasting(lambda: self._writer.carry_out(orders))

    def _open_account(self, name: str, card_digest: bytes) -> None:
        self._lasting(lambda: self._writer.open_account(name, card_digest))

    def _tidy(self) -> None:
        with suppress(LedgerLostError):  # the bank ends with it
            self._lasting(self._writer.tidy)

    def _leave(self, opened: _Opened) -> None:
        with suppress(LedgerLostError):  # whoever has closed this asks for it
            self._lasting(opened.leave)

    def _lasting(self, act: Callable[[], R]) -> R:
        try:
            return act()
        except LedgerLostError as error:
            self._loop.call_soon_threadsafe(self._fail, error)
            raise

    # --- opening and closing ---

    async def _open(self, stack: AsyncExitStack, name: str, make: Callable[[], T]) -> tuple[ThreadPoolExecutor, T]:
        """Give a thread and what it has opened; both are closed with the stack."""
        thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        stack.callback(thread.shutdown)
        opened = await self._loop.run_in_executor(thread, make)
        stack.push_async_callback(self._loop.run_in_executor, thread, self._leave, opened)
        return thread, opened

    async def _begin(self) -> None:
        await self._loop.run_in_executor(self._writing, self._writer.begin)
        self._orders.begin()

    async def _verify_beside(self, size: int) -> None:
        """Verify a large ledger while the bank listens, with a connection of its own."""
        logger.warning(
            "the ledger of %d MB is verified, which takes about %d s; money waits until then",
            size // 10**6,
            1 + size // VERIFIED_BYTES_A_SECOND,
        )
        ending = threading.Event()

        def verify() -> None:
            with Ledger(self._path) as ledger:
                ledger.verify(give_up=ending.is_set)

        with ThreadPoolExecutor(1, thread_name_prefix="ledger-auditor") as auditing:
            try:
                await self._loop.run_in_executor(auditing, verify)
                await self._begin()
            except UserError as error:
                self._fail(error)
            except Exception as error:  # noqa: BLE001 - the bank ends with it
                self._fail(InternalError(error))
            else:
                logger.info("the ledger is verified")
            finally:
                ending.set()

    async def _watch(self) -> None:
        while not self._failure.done():
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._loop.run_in_executor(self._writing, self._lasting, self._writer.look)
            except LedgerLostError:
                return
            except LedgerError as error:
                logger.error("the files of the ledger cannot be looked at: %s", error)  # noqa: TRY400 - a sentence
            except Exception as error:  # noqa: BLE001 - the bank ends with it
                self._fail(InternalError(error))

    def _fail(self, error: UserError) -> None:
        if not self._failure.done():
            self._failure.set_result(error)


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
