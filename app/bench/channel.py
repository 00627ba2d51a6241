"""`bench channel`: a whole channel over loopback TCP between two processes, beside what a user would pick instead."""

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from typing import Final

from app.bench.child import Child, serve_until_stdin_ends
from app.bench.figures import Figure, figure
from app.bench.openssh import NAME as OPENSSH
from app.bench.openssh import OpenSsh, openssh
from app.bench.progress import PeerMissing, Progress
from app.bench.transports.channel import suitecase
from app.bench.transports.ssh import ASYNCSSH, asyncssh
from app.bench.transports.tcp import tcp
from app.bench.transports.tls import tls
from app.bench.transports.transport import MESSAGE_SIZE, Connection, Transport

YARDSTICK: Final = "asyncio TCP"
MANY: Final = 50
"""Connections at once in the second measurement of round trips."""


def transports(suite: str, allow: tuple[str, ...], progress: Progress | None = None) -> dict[str, Transport]:
    """Everything that is compared, by name; the yardstick first."""
    found = [tcp(), suitecase(suite, allow), tls()]
    try:
        found.append(asyncssh())
    except PeerMissing as why:
        if progress is not None:
            progress.without(ASYNCSSH, why)
    return {transport.name: transport for transport in found}


def measure(
    suite: str, allow: tuple[str, ...], total: int, runs: int, seconds: float, progress: Progress
) -> list[Figure]:
    """Send `total` bytes, and 64-byte messages there and back for `seconds`, `runs` times each. Figures of all."""
    field = transports(suite, allow, progress)
    with ExitStack() as stack:
        endpoints = {}
        for name in field:
            progress.measuring(f"{name}: starting a server")
            endpoints[name] = stack.enter_context(Child("app.bench.channel", name, suite, *allow)).endpoint
        bulk = asyncio.run(_all_bulk(field, endpoints, total, runs, progress))
        # Run by run beside ours would need both event loops at once; a run takes long enough to stand by itself.
        try:
            bulk[OPENSSH] = _openssh_bulk(stack.enter_context(openssh()), total, runs, progress)
        except PeerMissing as why:
            progress.without(OPENSSH, why)
        trips = {
            count: asyncio.run(_all_round_trips(field, endpoints, count, runs, seconds, progress))
            for count in (1, MANY)
        }
    return [*_bulk_figures(suite, bulk), *_trip_figures(trips)]


def _bulk_figures(suite: str, bulk: dict[str, list[float]]) -> list[Figure]:
    figures = [figure(f"{name}, bulk", speeds, "MB/s") for name, speeds in bulk.items() if name != suite]
    peers = [name for name in (OPENSSH, ASYNCSSH, "asyncio TLS 1.3", YARDSTICK) if name in bulk]
    return figures + [figure(f"{suite}, bulk", bulk[suite], "MB/s", peer, bulk[peer]) for peer in peers]


def _trip_figures(trips: dict[int, dict[str, list[float]]]) -> list[Figure]:
    return [
        figure(
            f"{name}, {MESSAGE_SIZE}-byte round trips, {count} connection{'s' * (count > 1)}",
            rates,
            "1/s",
            *((YARDSTICK, by_name[YARDSTICK]) if name != YARDSTICK else ()),
        )
        for count, by_name in trips.items()
        for name, rates in by_name.items()
    ]


async def _all_bulk(
    field: dict[str, Transport], endpoints: dict[str, str], total: int, runs: int, progress: Progress
) -> dict[str, list[float]]:
    speeds: dict[str, list[float]] = {name: [] for name in field}
    for run in range(runs):
        for name, transport in field.items():
            progress.measuring(f"{name}: bulk, run {run + 1} of {runs}")
            connection = await transport.connect(endpoints[name])
            begin = time.perf_counter()
            await connection.send_bulk(total)
            speeds[name].append(total / (time.perf_counter() - begin) / 1e6)
            await connection.close()
    return speeds


def _openssh_bulk(ssh: OpenSsh, total: int, runs: int, progress: Progress) -> list[float]:
    speeds = []
    for run in range(runs):
        progress.measuring(f"{OPENSSH}: bulk, run {run + 1} of {runs}")
        speeds.append(total / ssh.bulk(total) / 1e6)
    return speeds


async def _all_round_trips(
    field: dict[str, Transport],
    endpoints: dict[str, str],
    count: int,
    runs: int,
    seconds: float,
    progress: Progress,
) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in field}
    async with AsyncExitStack() as stack:
        opened: dict[str, list[Connection]] = {}
        for name, transport in field.items():
            progress.measuring(f"{name}: opening {count} connections")
            opened[name] = [await transport.connect(endpoints[name]) for _ in range(count)]
            for connection in opened[name]:
                stack.push_async_callback(connection.close)
                await connection.begin_echo()
        for run in range(runs):
            for name, connections in opened.items():
                progress.measuring(f"{name}: round trips on {count}, run {run + 1} of {runs}")
                rates[name].append(await _round_trips(connections, seconds))
    return rates


async def _round_trips(connections: Sequence[Connection], seconds: float) -> float:
    """Round trips a second on all connections together, after a tenth of the time as a warm-up."""
    message = bytes(MESSAGE_SIZE)

    async def one(connection: Connection, end: float) -> int:
        done = 0
        while time.perf_counter() < end:
            await connection.round_trip(message)
            done += 1
        return done

    warm = time.perf_counter() + seconds / 10
    await asyncio.gather(*(one(connection, warm) for connection in connections))
    begin = time.perf_counter()
    counts = await asyncio.gather(*(one(connection, begin + seconds) for connection in connections))
    return sum(counts) / (time.perf_counter() - begin)


async def _serve(transport: Transport) -> None:
    await serve_until_stdin_ends(await transport.serve())


if __name__ == "__main__":
    _name, _suite, *_allow = sys.argv[1:]
    asyncio.run(_serve(transports(_suite, tuple(_allow))[_name]))
