"""Brings the fast engine's kernel in without making anyone wait: in a thread, and compiled in another process."""

import logging
import os
import subprocess
import sys
from threading import Lock, Thread
from typing import TYPE_CHECKING

from framework.plugin import ConfigurationError
from plugins.des3.kernel_cache import (
    discard_damaged,
    holds_kernel,
    kernel_cache_directory,
    prepare_private_directory,
    turn,
)
from plugins.des3.numba_engine import load_kernel

if TYPE_CHECKING:
    from plugins.des3.numba_kernel import Kernel

_log = logging.getLogger(__name__)

COMPILING_TIMEOUT = 300
"""Seconds after which a compilation is given up."""

_COMPILE = """
import os, sys, threading

def end_with_parent():
    sys.stdin.buffer.read()
    os._exit(1)

threading.Thread(target=end_with_parent, daemon=True).start()
os.nice(10)
from plugins.des3.numba_engine import load_kernel

load_kernel()
os._exit(0)  # at once: the other thread holds standard input
"""
"""Nobody writes to its standard input: that ends when the process which wants the kernel does."""


class KernelLoader:
    """Holds the kernel once it is there; until then, and if it never comes, `kernel` is None.

    Compiling happens in another process, because it would hold this one's interpreter lock for seconds; it ends with
    this one. Whatever goes wrong there leaves the default engine in service.
    """

    def __init__(self) -> None:
        self.kernel: Kernel | None = None
        self._lock = Lock()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin, unless it was begun before."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._load, name="des3-kernel", daemon=True)
                self._thread.start()

    def wait(self, timeout: float | None = None) -> None:
        """Wait, at most `timeout` seconds, until the kernel is there or given up."""
        if self._thread is not None:
            self._thread.join(timeout)

    def _load(self) -> None:
        try:
            directory = kernel_cache_directory()
            if not holds_kernel(directory):
                prepare_private_directory(directory)
                with turn(directory):
                    discard_damaged(directory)
                self._compile()
            if not holds_kernel(directory):  # loading would compile it here
                raise ConfigurationError(f"no kernel came into {directory}")
            self.kernel = load_kernel()
        except Exception as error:  # noqa: BLE001  # whatever it is, the default engine goes on serving
            _log.warning("the fast engine of Triple DES is not available: %s", error)

    def _compile(self) -> None:
        path = os.pathsep.join(filter(None, sys.path))
        with subprocess.Popen(  # noqa: S603  # this very interpreter, on a constant
            [sys.executable, "-P", "-c", _COMPILE],  # -P: never from the current directory, which others may write to
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as compiler:
            try:
                status = compiler.wait(COMPILING_TIMEOUT)
            finally:
                compiler.kill()
        if status:
            raise ConfigurationError(f"its compiler ended with {status}")
