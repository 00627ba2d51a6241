"""A transport: a server in a child process and a client in this one.

Every transport does the same two jobs on a connection: `bulk`, take in a number of bytes and answer when the last has
arrived, and `echo`, send each message of 64 bytes back.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from struct import pack, unpack
from typing import Final, Protocol

MESSAGE_SIZE: Final = 64
"""Bytes of a round trip's message."""

BULK_PIECE: Final = 65_000
"""Bytes handed over at a time in bulk: nearly a largest record."""

LOOPBACK: Final = "127.0.0.1"

ORDER_SIZE: Final = 8
"""Bytes that a connection begins with: u64, the bytes to expect in bulk, or 0 for echo."""
DONE: Final = b"done"


def order(total: int) -> bytes:
    """Write what a connection begins with."""
    return pack(">Q", total)


def ordered(data: bytes) -> int:
    """Read what a connection begins with."""
    (total,) = unpack(">Q", data)
    return int(total)


class Connection(Protocol):
    """A client's connection."""

    async def send_bulk(self, total: int) -> None:
        """Send `total` bytes and wait until the server has them all."""
        ...

    async def begin_echo(self) -> None:
        """Ask for echoes."""
        ...

    async def round_trip(self, message: bytes) -> None:
        """Send one message and wait for its echo."""
        ...

    async def close(self) -> None:
        """End the connection."""
        ...


@dataclass(frozen=True)
class Transport:
    """A way to talk. `serve` gives what `connect` needs; both run in processes of their own."""

    name: str
    serve: Callable[[], Awaitable[str]]
    connect: Callable[[str], Awaitable[Connection]]
