"""A terminal with a person at it: pexpect over a pseudo-terminal of 80 columns."""

import os
import re
import subprocess
import sys
import termios
from types import TracebackType
from typing import Self

from pexpect import EOF
from pexpect.fdpexpect import fdspawn

from tests.e2e.programs import PATIENCE, Programs

# Makes the terminal the program's own, so that Ctrl-C reaches it, without forking this process, which has threads.
_LOGIN = "import os, sys; os.login_tty(0); os.execvpe(sys.argv[1], sys.argv[1:], os.environ)"

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A program in a terminal. What it shows is read with `expect`, and kept in `seen`."""

    def __init__(self, programs: Programs, *arguments: object, environment: dict[str, str] | None = None) -> None:
        self._master, slave = os.openpty()
        termios.tcsetwinsize(self._master, (24, 80))
        self.process = subprocess.Popen(
            [sys.executable, "-c", _LOGIN, *programs.command(*arguments)],
            cwd=programs.folder,
            env=programs.environment | (environment or {}),
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)
        self._session = fdspawn(self._master, timeout=PATIENCE, encoding="utf-8")
        self.seen = ""

    def expect(self, text: str) -> str:
        """Wait for `text`; gives what came before it, without colours."""
        self._session.expect_exact(text)
        return self._note(text)

    def expect_end(self) -> str:
        """Wait for the end of the program; gives what it said last."""
        self._session.expect(EOF)
        rest = self._note("")
        self.process.wait(PATIENCE)
        return rest

    def press(self, text: str) -> None:
        os.write(self._master, text.encode())

    def press_bytes(self, data: bytes) -> None:
        os.write(self._master, data)

    def ask(self, line: str) -> str:
        """Type a line at the prompt; gives what is shown until the next one."""
        self.press(line + "\n")
        shown = self.expect("ATM> ")
        return shown.replace("\r", "").partition("\n")[2].rstrip("\n")

    def hang_up(self) -> None:
        """Close the window."""
        os.close(self._master)
        self._master = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self._master >= 0:
            os.close(self._master)

    def _note(self, text: str) -> str:
        before = self._session.before
        self.seen += before + text
        return ESCAPE.sub("", before)
