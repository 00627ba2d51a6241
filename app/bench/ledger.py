"""`bench ledger`: deposits a second, many to a sync, beside the same requests with a sync each."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from app.bank.server import listen
from app.bench.child import Child, serve_until_stdin_ends
from app.bench.figures import Figure, figure
from app.bench.progress import Progress
from app.ledger import LEDGER_FILE, Accounts, Done, Kind, Ledger, Order, Outcome
from app.ledger.live import LiveLedger
from app.ledger.occupancy import occupied
from app.protocol.messages import (
    CardRequest,
    DepositRequest,
    Reply,
    Request,
    encode,
    new_request_id,
    read_reply,
)
from app.protocol.names import APPLICATION, SERVER_NAME
from app.protocol.secret import CardSecret
from app.system.errors import UserError
from framework import ChannelStream, Suite, load_registry, open_channel

OURS: Final = "many to a sync"
PEER: Final = "one sync each"
COUNTS: Final = (1, 50)
"""ATMs at once. Each has an account of its own and one request at a time."""

LOOPBACK: Final = "127.0.0.1"
_SECRET: Final = CardSecret(bytes(32))  # of accounts that end with the measurement

Atm = Callable[[], Awaitable[bool]]
"""Deposits once, and tells whether the money was taken."""


class OneByOne:
    """What a ledger without batches does: each request in a transaction of its own, in one thread, in turn."""

    def __init__(self, ledger: Ledger, thread: ThreadPoolExecutor) -> None:
        self._ledger = ledger
        self._thread = thread

    async def card_digest(self, account: str) -> bytes | None:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._ledger.card_digest, account)

    async def balance(self, account: str) -> int:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._ledger.balance, account)

    async def apply(self, order: Order) -> Outcome:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._ledger.apply, order)


def measure(
    suite: str, allow: tuple[str, ...], directory: Path, runs: int, seconds: float, progress: Progress
) -> list[Figure]:
    """Deposit for `seconds`, `runs` times each; the ledgers lie in `directory` meanwhile. Figures of all."""
    chosen = Suite.parse(suite, load_registry(allow))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-ledger-", dir=directory)))
        figures = asyncio.run(_alone(folder, runs, seconds, progress))
        endpoints = {}
        for way in (OURS, PEER):
            progress.measuring(f"{way}: starting a bank")
            child = Child("app.bench.ledger", way, suite, str(folder / f"bank, {way}"), *allow)
            endpoints[way] = stack.enter_context(child).endpoint
        return figures + asyncio.run(_through_channels(chosen, endpoints, runs, seconds, progress))


async def _alone(folder: Path, runs: int, seconds: float, progress: Progress) -> list[Figure]:
    async with AsyncExitStack() as stack:
        atms: dict[str, list[Atm]] = {}
        for way in (OURS, PEER):
            accounts = await stack.enter_async_context(_open(way, folder / way))
            atms[way] = [partial(_deposit, accounts, name) for name in _names()]
        return await _compare("ledger alone", atms, runs, seconds, progress)


async def _through_channels(
    suite: Suite, endpoints: dict[str, str], runs: int, seconds: float, progress: Progress
) -> list[Figure]:
    # No handshake is measured, and nothing secret is sent: one pair serves all, for one may take a third of a second.
    ephemeral = suite.key_exchange.generate_key_pair()
    async with AsyncExitStack() as stack:
        atms: dict[str, list[Atm]] = {}
        for way, endpoint in endpoints.items():
            progress.measuring(f"{way}: opening {max(COUNTS)} channels")
            port, public_key = endpoint.split()
            atms[way] = []
            for name in _names():
                stream = await open_channel(
                    LOOPBACK,
                    int(port),
                    suite,
                    bytes.fromhex(public_key),
                    take_ephemeral=lambda: ephemeral,
                    application=APPLICATION,
                    server_name=SERVER_NAME,
                )
                await stack.enter_async_context(stream)
                await _ask(stream, CardRequest(account=name, secret=_SECRET))
                atms[way].append(partial(_deposit_over, stream))
        return await _compare(f"channels of {suite.name}", atms, runs, seconds, progress)


async def _deposit(accounts: Accounts, account: str) -> bool:
    return isinstance(await accounts.apply(Order(account, new_request_id(), Kind.DEPOSIT, 1)), Done)


async def _deposit_over(stream: ChannelStream) -> bool:
    return (await _ask(stream, DepositRequest(id=new_request_id(), amount=1))).ok


async def _ask(stream: ChannelStream, request: Request) -> Reply:
    await stream.send(encode(request))
    return read_reply(await stream.receive() or b"")


async def _compare(
    place: str, atms: dict[str, list[Atm]], runs: int, seconds: float, progress: Progress
) -> list[Figure]:
    figures = []
    for count in COUNTS:
        rates: dict[str, list[float]] = {way: [] for way in atms}
        for run in range(runs):
            for way, all_of_them in atms.items():
                progress.measuring(f"{place}, {way}: {count} at once, run {run + 1} of {runs}")
                rates[way].append(await _rate(all_of_them[:count], seconds))
        name = f"{place}, {count} ATM{'s' * (count > 1)}"
        figures.append(figure(f"{name}, {PEER}", rates[PEER], "1/s"))
        figures.append(figure(name, rates[OURS], "1/s", PEER, rates[PEER]))
    return figures


async def _rate(atms: Sequence[Atm], seconds: float) -> float:
    """Deposits a second of all together, after a tenth of the time as a warm-up."""

    async def one(atm: Atm, end: float) -> int:
        done = 0
        while time.perf_counter() < end:
            if not await atm():
                raise UserError("The bank of the benchmark refused a deposit.")
            done += 1
        return done

    warm = time.perf_counter() + seconds / 10
    await asyncio.gather(*(one(atm, warm) for atm in atms))
    begin = time.perf_counter()
    counts = await asyncio.gather(*(one(atm, begin + seconds) for atm in atms))
    return sum(counts) / (time.perf_counter() - begin)


def _names() -> list[str]:
    return [f"bench-{number}" for number in range(max(COUNTS))]


@asynccontextmanager
async def _open(way: str, data_dir: Path) -> AsyncIterator[Accounts]:
    """A new ledger with an account for each ATM."""
    path = data_dir / LEDGER_FILE
    with Ledger(path) as ledger:
        for name in _names():
            ledger.open_account(name, _SECRET.digest())
    if way == OURS:
        with occupied(data_dir) as occupancy:
            async with LiveLedger(occupancy) as live:
                yield live
        return
    with ThreadPoolExecutor(1) as thread:
        loop = asyncio.get_running_loop()
        ledger = await loop.run_in_executor(thread, Ledger, path)
        try:
            yield OneByOne(ledger, thread)
        finally:
            await loop.run_in_executor(thread, ledger.close)


async def _be_a_bank(way: str, suite: Suite, data_dir: Path) -> None:
    """In a child process: a bank whose key lives as long as it does."""
    key_pair = suite.key_exchange.generate_key_pair()
    async with _open(way, data_dir) as accounts:
        bank = await listen(suite, key_pair, LOOPBACK, 0, accounts)
        async with bank.server:
            await serve_until_stdin_ends(f"{bank.server.address[1]} {key_pair.public_key.hex()}")


if __name__ == "__main__":
    _way, _suite, _data_dir, *_allow = sys.argv[1:]
    asyncio.run(_be_a_bank(_way, Suite.parse(_suite, load_registry(tuple(_allow))), Path(_data_dir)))
