"""suitecase: a secure channel whose cryptography is plugged in. The names below are the public API.

What a plugin needs is there at once (`framework.plugin`). The rest is loaded when it is asked for, so that a plugin
loads neither asyncio nor the channel.
"""

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from framework import plugin
from framework.errors import ChannelError, Interruption
from framework.plugin import *  # noqa: F403 - its names are listed there

if TYPE_CHECKING:
    from framework.aio import ChannelStream, EphemeralPool, Server, open_channel, serve
    from framework.channel import Channel
    from framework.events import ChannelFailed, FailureReason, HandshakeCompleted, MessageReceived, PeerClosed
    from framework.registry import PluginRecord, Registry, discover, load_registry
    from framework.suite import Suite, all_suites

__all__ = [
    "Channel",
    "ChannelError",
    "ChannelFailed",
    "ChannelStream",
    "EphemeralPool",
    "FailureReason",
    "HandshakeCompleted",
    "Interruption",
    "MessageReceived",
    "PeerClosed",
    "PluginRecord",
    "Registry",
    "Server",
    "Suite",
    "all_suites",
    "discover",
    "load_registry",
    "open_channel",
    "serve",
]
__all__ += plugin.__all__

_LOADED_LATER = MappingProxyType(
    {
        "Channel": "framework.channel",
        "ChannelFailed": "framework.events",
        "ChannelStream": "framework.aio",
        "EphemeralPool": "framework.aio",
        "FailureReason": "framework.events",
        "HandshakeCompleted": "framework.events",
        "MessageReceived": "framework.events",
        "PeerClosed": "framework.events",
        "PluginRecord": "framework.registry",
        "Registry": "framework.registry",
        "Server": "framework.aio",
        "Suite": "framework.suite",
        "all_suites": "framework.suite",
        "discover": "framework.registry",
        "load_registry": "framework.registry",
        "open_channel": "framework.aio",
        "serve": "framework.aio",
    }
)
"""The module of each name that is loaded when it is asked for (PEP 562)."""


if not TYPE_CHECKING:  # or a type checker takes every name for one of ours

    def __getattr__(name: str) -> object:
        if name == "aio":
            return import_module("framework.aio")
        if name not in _LOADED_LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_LOADED_LATER[name]), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
