"""asyncio over the channel: the only part of the framework with sockets, clocks and threads."""

from framework.aio.listening import addresses_to_listen_on
from framework.aio.pool import EphemeralPool
from framework.aio.room import Room
from framework.aio.server import Server, serve
from framework.aio.settings import ConnectionLimits, ServerLimits
from framework.aio.stream import ChannelStream, open_channel

__all__ = [
    "ChannelStream",
    "ConnectionLimits",
    "EphemeralPool",
    "Room",
    "Server",
    "ServerLimits",
    "addresses_to_listen_on",
    "open_channel",
    "serve",
]
