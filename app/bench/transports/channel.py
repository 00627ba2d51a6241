"""A channel of ours."""

from functools import cache

from app.bench.transports.transport import BULK_PIECE, DONE, LOOPBACK, Connection, Transport, order, ordered
from app.bench.warm_up import warm_up
from framework import ChannelStream, KeyPair, Suite, load_registry, open_channel, serve


class ChannelConnection:
    """A channel of ours."""

    def __init__(self, stream: ChannelStream) -> None:
        self._stream = stream

    async def send_bulk(self, total: int) -> None:
        """As the interface says."""
        await self._stream.send(order(total))
        piece = bytes(BULK_PIECE)
        for start in range(0, total, BULK_PIECE):
            await self._stream.send(piece[: total - start])
        await self._stream.receive()

    async def begin_echo(self) -> None:
        """As the interface says."""
        await self._stream.send(order(0))

    async def round_trip(self, message: bytes) -> None:
        """As the interface says."""
        await self._stream.send(message)
        await self._stream.receive()

    async def close(self) -> None:
        """As the interface says."""
        await self._stream.close()


async def _serve_channel(stream: ChannelStream) -> None:
    first = await stream.receive()
    if first is None:
        return
    left = ordered(first)
    if not left:
        async for message in stream:
            await stream.send(message)
        return
    async for message in stream:
        left -= len(message)
        if left <= 0:
            await stream.send(DONE)


def suitecase(name: str, allow: tuple[str, ...] = ()) -> Transport:
    """A channel under the suite of this name."""

    @cache
    def suite() -> Suite:
        registry = load_registry(allow)
        chosen = Suite.parse(name, registry)
        warm_up(chosen, registry)
        return chosen

    async def start() -> str:
        chosen = suite()
        pair: KeyPair = chosen.key_exchange.generate_key_pair()
        server = await serve(_serve_channel, LOOPBACK, 0, chosen, pair)
        return f"{server.address[1]} {pair.public_key.hex()}"

    async def connect(endpoint: str) -> Connection:
        port, public_key = endpoint.split()
        return ChannelConnection(await open_channel(LOOPBACK, int(port), suite(), bytes.fromhex(public_key)))

    return Transport(name, start, connect)
