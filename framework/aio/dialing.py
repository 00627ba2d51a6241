"""A TCP connection to a host that may have several addresses: happy eyeballs (RFC 8305)."""

import asyncio
import os
import socket
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest
from typing import Final

from framework.aio.resolution import Address

ATTEMPT_DELAY: Final = 0.25
"""Seconds until the next address is tried beside those that have not answered yet (RFC 8305 §5)."""


class NoAddressAnsweredError(OSError):
    """Each address failed; `reasons` says why, in the system's words."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(dict.fromkeys(reasons))
        super().__init__("; ".join(self.reasons))


async def connect(addresses: Sequence[Address]) -> socket.socket:
    """Give a connected socket: that of the first address to answer. Raises NoAddressAnsweredError.

    An address is tried when the one before it has failed, or has not answered within ATTEMPT_DELAY. The others are let
    go, also when this is cancelled; their sockets are closed in the next turn of the loop.
    """
    left = deque(_interleaved(addresses))
    attempts: set[asyncio.Task[socket.socket]] = set()
    reasons: list[str] = []
    try:
        while left or attempts:
            if left:
                attempts.add(asyncio.create_task(_attempt(left.popleft())))
            timeout = ATTEMPT_DELAY if left else None
            done, _ = await asyncio.wait(attempts, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            for attempt in done:
                error = attempt.exception()
                if error is None:
                    attempts.discard(attempt)
                    return attempt.result()
                reasons.append(_reason(error))
            attempts -= done
    finally:
        _let_go(attempts)
    raise NoAddressAnsweredError(reasons)


async def _attempt(address: Address) -> socket.socket:
    # asyncio sets TCP_NODELAY only where the protocol is named.
    sock = socket.socket(address.family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, address.name)
    except BaseException:
        sock.close()
        raise
    return sock


def _let_go(attempts: Iterable[asyncio.Task[socket.socket]]) -> None:
    """Cancel them, and wait for none: who waits can be cancelled himself, with a socket in his hands."""
    for attempt in attempts:
        attempt.cancel()
        attempt.add_done_callback(_close)


def _close(attempt: asyncio.Task[socket.socket]) -> None:
    if not attempt.cancelled() and attempt.exception() is None:  # it had answered in the same moment
        attempt.result().close()


def _interleaved(addresses: Sequence[Address]) -> list[Address]:
    """Let the families take turns, beginning with that of the first (RFC 8305 §4)."""
    if not addresses:
        return []
    first = [address for address in addresses if address.family == addresses[0].family]
    others = [address for address in addresses if address.family != addresses[0].family]
    return [address for address in chain(*zip_longest(first, others)) if address is not None]


def _reason(error: BaseException) -> str:
    """Say why, in the system's words; asyncio puts an address of its own into `strerror`."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return type(error).__name__
