"""A client on a raw socket, step by step, and the wait for a server that has nothing to do any more."""

import time

from framework import Channel
from framework.aio import Server
from tests.support.loopback import KEYS, SUITE, RawSocket, eventually

M2 = 2
"""The type of its frame."""


def now() -> int:
    """Unix time in milliseconds, as the server has it."""
    return int(time.time() * 1000)


def m1() -> bytes:
    """A first message that is right."""
    return Channel.client(SUITE, KEYS.public_key, now=now()).data_to_send()


async def open_by_hand(raw: RawSocket) -> Channel:
    """A handshake over a raw socket."""
    channel = Channel.client(SUITE, KEYS.public_key, now=now())
    await raw.send(channel.data_to_send())
    channel.receive_data(await raw.receive_frame(), now())
    await raw.send(channel.data_to_send())
    assert channel.is_open
    return channel


async def until_idle(server: Server) -> None:
    """Wait until it serves nobody."""
    await eventually(lambda: not server._connections and not server._tasks)
