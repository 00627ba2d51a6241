"""Ephemeral key pairs made ahead, so that nobody waits for primes (PROTOCOL §4.3)."""

import os
import queue
import threading

from framework.errors import PluginError
from framework.guard import GuardedKeyExchange
from framework.limits import POOL_SIZE
from framework.primitives import KeyPair


class EphemeralPool:
    """A few key pairs in memory, made by a thread in the background; each is given out once.

    The thread is a daemon: a program may end while it is at work. A forked child makes its own key pairs, for it
    would otherwise give out its parent's.
    """

    def __init__(self, key_exchange: GuardedKeyExchange, size: int = POOL_SIZE) -> None:
        self._key_exchange = key_exchange
        self._ready: queue.Queue[KeyPair | PluginError] = queue.Queue(maxsize=size)
        self._closed = threading.Event()
        self._owner = os.getpid()
        threading.Thread(target=self._fill, name="ephemeral-keys", daemon=True).start()

    def take(self) -> KeyPair:
        """Give a key pair that nobody else has, waiting for one if need be. Raises PluginError."""
        if os.getpid() != self._owner or self._closed.is_set():
            return self._key_exchange.generate_key_pair()
        taken = self._ready.get()
        if isinstance(taken, PluginError):
            raise taken
        return taken

    def close(self) -> None:
        """Stop making key pairs and forget those that are ready."""
        self._closed.set()
        while not self._ready.empty():
            self._ready.get_nowait()

    def _fill(self) -> None:
        while not self._closed.is_set():
            try:
                self._ready.put(self._key_exchange.generate_key_pair())
            except PluginError as error:
                self._ready.put(error)
                return
