"""Brings in the fast engine's kernel: for one who waits, or in a thread so that nobody does."""

import logging
import os
from threading import Lock, Thread, main_thread
from typing import TYPE_CHECKING

from framework.plugin import ConfigurationError

if TYPE_CHECKING:
    from plugins.des3.kernel import Kernel

AFTER_SECONDS = 1.0
"""How long a program has run on before the kernel is brought: one that does a single errand ends without paying."""

_log = logging.getLogger(__name__)


def load_kernel() -> "Kernel":
    """Give the kernel of this process, which its first user compiles: about 0.3 s.

    Raises ConfigurationError when there is none to be had, whatever the cause.
    """
    try:
        from plugins.des3.kernel import fast_kernel  # llvmlite is optional, and slow to import

        return fast_kernel()
    except Exception as error:
        raise ConfigurationError(f"the fast engine of Triple DES is not available: {error}") from error


class KernelLoader:
    """Holds the kernel once it is there. Until then, and if it never comes, `kernel` is None."""

    def __init__(self) -> None:
        self.kernel: Kernel | None = None
        self._loading = False
        self._prepare()

    def _prepare(self) -> None:
        self._process = os.getpid()
        self._begun = Lock()  # taken once and kept; nobody waits for it, so a fork cannot leave a deadlock behind
        # No daemon, for LLVM must not be at work while the interpreter is taken down.
        self._thread = Thread(target=self._load, name="des3-kernel", daemon=False)

    def start(self) -> None:
        """Begin, unless it was begun before. The kernel is there a second later; a failure is told in the log, once."""
        if self._process != os.getpid() and not self._loading:
            # The thread is the parent's. Had it been at work at the fork, its locks would be taken here for ever.
            self._prepare()
        if self.kernel is None and self._begun.acquire(blocking=False):
            try:
                self._thread.start()
            except RuntimeError as error:  # the system has no thread to give, or the interpreter is ending
                _log.info("the fast engine of Triple DES is not available: %s", error)  # nothing is broken

    def wait(self) -> None:
        """Wait until the kernel is there or given up, after `start`."""
        self._thread.join()

    def _load(self) -> None:
        try:
            main_thread().join(AFTER_SECONDS)
            if main_thread().is_alive():  # a program that has ended meanwhile needs none
                self._loading = True
                self.kernel = load_kernel()
                self._loading = False
        except ConfigurationError as error:  # the default engine goes on serving
            _log.warning("%s", error)
