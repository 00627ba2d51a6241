"""Which engine makes the keystream: the one that is asked for, or the fast one if it is there when a stream begins.

The environment variable SUITECASE_DES3_ENGINE forces `bitarray` or `numba`. The fast engine is called `numba` for the
compiler that it had in the beginning.
"""

import os
from collections.abc import Callable
from importlib.util import find_spec

from framework.plugin import ConfigurationError
from plugins.des3.bitarray_engine import BitarrayKeystream
from plugins.des3.compiled_engine import CompiledKeystream
from plugins.des3.counter_mode import Keystream
from plugins.des3.kernel_loader import KernelLoader, load_kernel
from plugins.des3.key_schedule import KeySchedule
from plugins.des3.straight_line import feistel_round

ENVIRONMENT_VARIABLE = "SUITECASE_DES3_ENGINE"

Engine = Callable[[KeySchedule], Keystream]
"""Makes the keystream of a key."""


def choose_engine(name: str | None = None) -> Engine:
    """Give the engine called `name`: "bitarray" or "numba".

    None takes the environment's word, and without one whichever engine is best when a stream begins. Raises
    ConfigurationError for another name, and for "numba" where llvmlite is not installed.
    """
    asked = f"the engine {name!r} was asked for"
    if name is None and os.environ.get(ENVIRONMENT_VARIABLE):  # empty is unset, as shells have it
        name = os.environ[ENVIRONMENT_VARIABLE]
        asked = f"{ENVIRONMENT_VARIABLE} is {name!r}"
    has_compiler = find_spec("llvmlite") is not None
    if name != "numba":
        feistel_round()  # compiled now, so that the first record does not wait for it
    if name == "bitarray":
        return BitarrayKeystream
    if name == "numba" and has_compiler:
        return compiled_keystream
    if name == "numba":
        raise ConfigurationError(f"{asked}, but llvmlite is not installed: pip install 'suitecase[fast]'")
    if name is not None:
        raise ConfigurationError(f"{asked}, but Triple DES has only the engines 'bitarray' and 'numba'")
    return BestEngine(KernelLoader()) if has_compiler else BitarrayKeystream


def compiled_keystream(schedule: KeySchedule) -> Keystream:
    """Give the fast engine's keystream. Whoever comes first waits until the kernel is compiled."""
    return CompiledKeystream(load_kernel(), schedule)


class BestEngine:
    """The fast engine if its kernel is there when a stream begins, and the default engine if not.

    A stream keeps its engine. The first one that begins has the kernel brought in for those to come.
    """

    def __init__(self, loader: KernelLoader) -> None:
        self.loader = loader

    def __call__(self, schedule: KeySchedule) -> Keystream:
        self.loader.start()
        kernel = self.loader.kernel
        return BitarrayKeystream(schedule) if kernel is None else CompiledKeystream(kernel, schedule)
