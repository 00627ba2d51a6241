"""Ephemeral key pairs made ahead, so that nobody waits for primes (PROTOCOL §4.3)."""

import os
import threading
from collections import deque

from framework.errors import PluginError
from framework.kinds.key_exchange import GuardedKeyExchange
from framework.kinds.key_pair import KeyPair
from framework.limits import POOL_SIZE


class EphemeralPool:
    """A few key pairs in memory, made by a thread in the background; each is given out once.

    The thread is a daemon: a program may end while it is at work. A forked child makes its own key pairs, for it
    would otherwise give out its parent's.
    """

    def __init__(self, key_exchange: GuardedKeyExchange, size: int = POOL_SIZE) -> None:
        self._key_exchange = key_exchange
        self._size = size
        self._ready: deque[KeyPair | PluginError] = deque()
        self._closed = False
        self._changed = threading.Condition()
        self._owner = os.getpid()
        try:
            threading.Thread(target=self._fill, name="ephemeral-keys", daemon=True).start()
        except RuntimeError:  # the system has no thread for it: whoever takes a key pair makes it himself
            self._closed = True

    def take(self) -> KeyPair:
        """Give a key pair that nobody else has, waiting for one if need be. Raises PluginError."""
        if os.getpid() != self._owner:  # the lock may have been forked while it was held
            return self._key_exchange.generate_key_pair()
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._closed)
            taken = None if self._closed else self._ready.popleft()
            self._changed.notify_all()
        if isinstance(taken, PluginError):
            raise taken
        return taken or self._key_exchange.generate_key_pair()

    def close(self) -> None:
        """Stop making key pairs and forget those that are ready; whoever waits for one makes it himself."""
        if os.getpid() != self._owner:
            self._ready.clear()
            return
        with self._changed:
            self._closed = True
            self._ready.clear()
            self._changed.notify_all()

    def _fill(self) -> None:
        try:
            while self._wait_for_room():
                made = self._make()
                with self._changed:
                    if not self._closed:
                        self._ready.append(made)
                        self._changed.notify_all()
        finally:
            self.close()  # whatever ended this thread, nobody is to wait for it

    def _wait_for_room(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: len(self._ready) < self._size or self._closed)
            return not self._closed

    def _make(self) -> KeyPair | PluginError:
        try:
            return self._key_exchange.generate_key_pair()
        except PluginError as error:
            return error  # for one who takes; the next gets another attempt
