"""Which engine makes the keystream: the one that is asked for, or the fast one as soon as it is worth it and there.

The environment variable SUITECASE_DES3_ENGINE forces `bitarray` or `numba`.
"""

import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

from framework.plugin import ConfigurationError, SecretValue
from plugins.des3.bitarray_engine import BitarrayKeystream
from plugins.des3.counter_mode import BLOCK_SIZE, Keystream
from plugins.des3.kernel_loader import KernelLoader
from plugins.des3.key_schedule import KeySchedule
from plugins.des3.numba_engine import NumbaKeystream, load_kernel
from plugins.des3.straight_line import feistel_round

ENVIRONMENT_VARIABLE = "SUITECASE_DES3_ENGINE"

BULK_BYTES = 1 << 19
"""Bytes of keystream under one key from which traffic counts as bulk and the fast engine is fetched."""

Engine = Callable[[KeySchedule], Keystream]
"""Makes the keystream of a key."""


def choose_engine(name: str | None = None) -> Engine:
    """Give the engine called `name`: "bitarray" or "numba".

    None takes the environment's word, and without one the engine that adapts to the traffic. Raises
    ConfigurationError for another name, and for "numba" where numba is not installed.
    """
    asked = f"the engine {name!r} was asked for"
    if name is None and os.environ.get(ENVIRONMENT_VARIABLE):  # empty is unset, as shells have it
        name = os.environ[ENVIRONMENT_VARIABLE]
        asked = f"{ENVIRONMENT_VARIABLE} is {name!r}"
    numba_is_installed = find_spec("numba") is not None
    if name != "numba":
        feistel_round()  # compiled now, so that the first record does not wait for it
    if name == "bitarray":
        return BitarrayKeystream
    if name == "numba" and numba_is_installed:
        return ForcedNumba()
    if name == "numba":
        raise ConfigurationError(f"{asked}, but numba is not installed: pip install 'suitecase[fast]'")
    if name is not None:
        raise ConfigurationError(f"{asked}, but Triple DES has only the engines 'bitarray' and 'numba'")
    return AdaptiveEngine(KernelLoader()) if numba_is_installed else BitarrayKeystream


class ForcedNumba:
    """The fast engine, which its first user waits for."""

    def __init__(self) -> None:
        self._load = cache(load_kernel)

    def __call__(self, schedule: KeySchedule) -> Keystream:
        return NumbaKeystream(self._load(), schedule)


class AdaptiveEngine:
    """The default engine, and in the middle of an epoch the fast one, once traffic is bulk and the kernel is there."""

    def __init__(self, loader: KernelLoader) -> None:
        self.loader = loader

    def __call__(self, schedule: KeySchedule) -> Keystream:
        return AdaptiveKeystream(schedule, self.loader)


class AdaptiveKeystream(SecretValue):
    """The keystream of one key, a batch at a time by whichever engine there is."""

    __slots__ = ("_fast", "_loader", "_made", "_plain", "_schedule")

    def __init__(self, schedule: KeySchedule, loader: KernelLoader) -> None:
        self._schedule = schedule
        self._loader = loader
        self._made = 0
        self._plain: BitarrayKeystream | None = None
        self._fast: NumbaKeystream | None = None

    def blocks(self, first: int, count: int) -> bytes | memoryview:
        """Give E(K, first) ‖ E(K, first+1) ‖ …, `count` blocks; `count` is 64 times a power of two."""
        if self._fast is None and self._loader.kernel is not None:
            self._fast = NumbaKeystream(self._loader.kernel, self._schedule)
            self._plain = None
        if self._fast is not None:
            return self._fast.blocks(first, count)
        if self._plain is None:
            self._plain = BitarrayKeystream(self._schedule)
        self._made += count * BLOCK_SIZE
        if self._made >= BULK_BYTES:
            self._loader.start()
        return self._plain.blocks(first, count)
