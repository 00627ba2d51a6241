"""A process of its own for a plugin's code, spoken to in lines: what hangs or crashes there ends nothing else."""

import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self, TextIO

USUAL: tuple[str, ...] = (sys.executable,)
"""The interpreter that runs this."""

START_SECONDS = 30.0
"""A plugin may take so long to be imported."""

END_SECONDS = 2.0
"""A process that has closed its output may take so long to end."""


class Child:
    """A module of the kit, run with its arguments. A context manager; `stop` ends it and whatever it has started."""

    def __init__(self, module: str, *arguments: str, python: Sequence[str] = USUAL) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [*python, "-P", "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            text=True,
            start_new_session=True,  # a group of its own, to be ended as one
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended by itself."""
        return self._process.poll() is not None

    def say(self, line: str) -> None:
        """Send a line. One that nobody can read any more is lost; `hear` tells."""
        with suppress(BrokenPipeError):
            print(line, file=self._process.stdin, flush=True)

    def hear(self, seconds: float) -> str | None:
        """Give the next line; empty when the process has gone, None when it says nothing for so long."""
        if self._process.stdout is None:
            return ""
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            line = self._process.stdout.readline() if selector.select(seconds) else None
        if line == "":
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(END_SECONDS)  # it is about to end: so that its own exit code is known
        return line

    def stop(self) -> int:
        """End it; gives the exit code, or the signal as a negative number. May be called again."""
        with suppress(ProcessLookupError, PermissionError):  # gone; on macOS, gone and not yet waited for
            os.killpg(self._process.pid, signal.SIGKILL)
        code = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()
        return code


def answers() -> TextIO:
    """In the child: the way back, for answers alone. What a plugin prints goes to standard error from here on."""
    back = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return back


def environment(**changes: str) -> dict[str, str]:
    """Our environment, with the module path of this process, so that a child finds what we have found.

    An empty entry is the current directory, and is written out: a child is started with `-P`, which adds no directory
    of its own, so what lies where the kit runs is found by a child only if it is found by us.
    """
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    return {**os.environ, "PYTHONPATH": path, **changes}
