"""Honest ATMs during a flood: each connects, shows its card and asks for the balance, again and again."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.credentials.card import Card
from app.protocol.messages import Accepted, CardAccepted, CheckRequest, Request, encode, new_request_id, read_reply
from app.protocol.names import APPLICATION, SERVER_NAME
from framework import Channel, ChannelError, KeyPair, Suite
from framework.aio import ChannelStream
from framework.aio.clock import ChannelClock
from framework.aio.connection import Connection

PAUSE_SECONDS = 0.5
GIVES_UP_SECONDS = 10.0


@dataclass
class Atm:
    """One ATM at an address of its own; its ephemeral key pairs are made beforehand, as by its pool."""

    name: str
    source: str
    bank: tuple[str, int]
    suite: Suite
    public_key: bytes
    card: Card
    ephemerals: Iterator[KeyPair]
    seconds: list[float] = field(default_factory=list)
    """From its connect to the balance, for each visit that was served."""
    failures: list[str] = field(default_factory=list)

    async def visit_for(self, seconds: float) -> None:
        """Come again and again."""
        began = time.monotonic()
        while time.monotonic() < began + seconds:
            await self.visit()
            await asyncio.sleep(PAUSE_SECONDS)

    async def visit(self) -> None:
        """Come once."""
        clock = ChannelClock()
        channel = Channel.client(
            self.suite,
            self.public_key,
            now=clock.now(),
            ephemeral=next(self.ephemerals),
            application=APPLICATION,
            server_name=SERVER_NAME,
        )
        connection = Connection(channel, clock, None)
        began = time.monotonic()
        try:
            async with asyncio.timeout(GIVES_UP_SECONDS):
                await self._ask_for_the_balance(connection)
        except (OSError, ChannelError, TimeoutError) as error:
            self.failures.append(f"after {time.monotonic() - began:.2f} s: {str(error) or type(error).__name__}")
            connection.abort()
        else:
            self.seconds.append(time.monotonic() - began)
        await ChannelStream(connection).close()

    async def _ask_for_the_balance(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: connection, *self.bank, local_addr=(self.source, 0))
        await connection.established
        stream = ChannelStream(connection)
        await self._ask(stream, self.card.request(), CardAccepted)
        await self._ask(stream, CheckRequest(id=new_request_id()), Accepted)

    async def _ask(self, stream: ChannelStream, request: Request, due: type) -> None:
        await stream.send(encode(request))
        message = await stream.receive()
        if message is None or not isinstance(read_reply(message), due):
            raise ConnectionError("another answer than is due")


def key_pairs(suite: Suite, count: int = 4) -> Iterator[KeyPair]:
    """Give a few key pairs in turn: they cost a third of a second each, and it is the bank that is tried."""
    return itertools.cycle([suite.key_exchange.generate_key_pair() for _ in range(count)])
