"""The hook specifications: how a plugin offers its primitives to the registry.

A plugin implements any of these with `@framework.hookimpl` and calls `register` once a primitive. Callbacks
rather than return values: pluggy never checks what a hook returns, and with `firstresult` the plugin that was
registered last could shadow another's primitive.

A plugin that cannot work on this machine (its library lacks the algorithm, say) raises `framework.ConfigurationError`
with the reason, when it is imported or in a hook. It is then listed as unavailable, and not as broken.
"""

from collections.abc import Callable

import pluggy

from framework.kinds.aead import Aead
from framework.kinds.bulk_cipher import BulkCipher
from framework.kinds.key_exchange import KeyExchange
from framework.kinds.mac import Mac

PROJECT = "suitecase"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_key_exchanges(register: Callable[[KeyExchange], None]) -> None:
    """Call `register(key_exchange)` for every key encapsulation mechanism the plugin offers."""


@hookspec
def register_bulk_ciphers(register: Callable[[BulkCipher], None]) -> None:
    """Call `register(cipher)` for every bulk cipher the plugin offers."""


@hookspec
def register_macs(register: Callable[[Mac], None]) -> None:
    """Call `register(mac)` for every MAC the plugin offers."""


@hookspec
def register_aeads(register: Callable[[Aead], None]) -> None:
    """Call `register(aead)` for every AEAD the plugin offers."""
