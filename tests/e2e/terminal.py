"""A terminal with a person at it: pexpect over a pseudo-terminal of 80 columns."""

import os
import re
import subprocess
import sys
import termios
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from pexpect import EOF
from pexpect.fdpexpect import fdspawn

from tests.e2e.programs import PATIENCE, Programs

# Makes the terminal the program's own, so that Ctrl-C reaches it, without forking this process, which has threads.
_LOGIN = """
import os, sys
os.login_tty(0)
if sys.argv[1]:
    os.dup2(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT), 1)
os.execv(sys.argv[2], sys.argv[2:])
"""

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def plain(shown: str) -> str:
    """Leave out colours and carriage returns."""
    return ESCAPE.sub("", shown).replace("\r", "")


def unwrapped(shown: str) -> str:
    """Undo the folding of lines."""
    return " ".join(plain(shown).split())


class Terminal:
    """A program in a terminal. What it shows is read with `expect`, and kept in `seen`."""

    def __init__(
        self,
        programs: Programs,
        *arguments: object,
        environment: dict[str, str] | None = None,
        out: str = "",
        columns: int = 80,
        blocking: bool = True,
    ) -> None:
        self._master, slave = os.openpty()
        os.set_blocking(slave, blocking)
        termios.tcsetwinsize(self._master, (24, columns))
        self.modes_before = self.modes
        self.process = subprocess.Popen(
            [sys.executable, "-c", _LOGIN, out, *programs.command(*arguments)],
            cwd=programs.folder,
            env=programs.environment | (environment or {}),
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)
        self._session = fdspawn(self._master, timeout=PATIENCE, encoding="utf-8", codec_errors="replace")
        self.seen = ""

    def expect(self, text: str) -> str:
        """Wait for `text`; gives what came before it, without colours."""
        self._session.expect_exact(text)
        return self._note(text)

    def wait_for_its_turn(self) -> None:
        """Wait until the program sleeps and goes on sleeping, as it does when it reads.

        A Ctrl-C that comes with the prompt, before CPython's `input` waits for a key, is noticed with the next key.
        """
        status = Path(f"/proc/{self.process.pid}/status")
        asleep: list[str] = []
        for _ in range(500):
            if not status.exists():
                return
            lines = status.read_text().splitlines()
            asleep.append("".join(line for line in lines if line.startswith(("State", "voluntary"))))
            if "S (sleeping)" in asleep[-1] and len(asleep) >= 5 and len(set(asleep[-5:])) == 1:
                return
            time.sleep(0.01)

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
        return shown.partition("\n")[2].rstrip("\n")

    @property
    def modes(self) -> list[object]:
        """Echo, line editing, and the like."""
        return [mode for mode in termios.tcgetattr(self._master) if isinstance(mode, int)]

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
        return plain(before)
