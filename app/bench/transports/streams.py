"""Byte streams, whoever carries them."""

import asyncio
from typing import Any

from app.bench.transports.transport import BULK_PIECE, DONE, MESSAGE_SIZE, ORDER_SIZE, order, ordered


class StreamConnection:
    """asyncio's own streams."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send_bulk(self, total: int) -> None:
        """As the interface says."""
        self._writer.write(order(total))
        piece = bytes(BULK_PIECE)
        for start in range(0, total, BULK_PIECE):
            self._writer.write(piece[: total - start])
            await self._writer.drain()
        await self._reader.readexactly(len(DONE))

    async def begin_echo(self) -> None:
        """As the interface says."""
        self._writer.write(order(0))

    async def round_trip(self, message: bytes) -> None:
        """As the interface says."""
        self._writer.write(message)
        await self._reader.readexactly(len(message))

    async def close(self) -> None:
        """As the interface says."""
        self._writer.close()
        await self._writer.wait_closed()


async def serve_stream(reader: Any, writer: Any) -> None:
    """Do the job of a connection to its end. The reader and the writer are asyncio's, or are used as those are."""
    try:
        left = ordered(await reader.readexactly(ORDER_SIZE))
        while left:
            data = await reader.read(min(left, 2**18))
            if not data:
                return
            left -= len(data)
            if not left:
                writer.write(DONE)
                return
        while True:
            writer.write(await reader.readexactly(MESSAGE_SIZE))
    except (asyncio.IncompleteReadError, ConnectionError):
        return
