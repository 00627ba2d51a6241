"""Plain TCP, and what is common to it and to TLS."""

import asyncio

from app.bench.transports.streams import StreamConnection, serve_stream
from app.bench.transports.transport import LOOPBACK, Connection, Transport


async def serve_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve a connection, and close it."""
    try:
        await serve_stream(reader, writer)
    finally:
        if not writer.transport.is_closing():
            await writer.drain()
            writer.close()


def tcp() -> Transport:
    """Plain asyncio TCP: the yardstick."""

    async def start() -> str:
        server = await asyncio.start_server(serve_tcp, LOOPBACK, 0)
        return str(server.sockets[0].getsockname()[1])

    async def connect(port: str) -> Connection:
        return StreamConnection(*await asyncio.open_connection(LOOPBACK, int(port)))

    return Transport("asyncio TCP", start, connect)
