"""The bank that is flooded: the real program, in a process of its own, and what it uses."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from app.credentials.bank_file import read_bank_file
from app.credentials.card import Card, read_card
from tests.e2e.processes import PROC
from tests.e2e.programs import ROOT

PATIENCE = 60.0
"""Seconds for its start, which makes a key."""


class FloodedBank:
    """A context manager. `full_pipe` lets its log go to a pipe that nobody reads."""

    def __init__(self, folder: Path, suite: str, *, full_pipe: bool = False, descriptors: int | None = None) -> None:
        self._folder = folder
        self._suite = suite
        self._full_pipe = full_pipe
        self._descriptors = descriptors
        self._log = folder / "bank.log"

    def __enter__(self) -> Self:
        data_dir = self._folder / "bank"
        limit = f"ulimit -n {self._descriptors}; " if self._descriptors else ""
        command = [*self._program("bank"), "--suite", self._suite, "--data-dir", str(data_dir)]
        self._pipe: int | None = None
        with self._log.open("wb") as log:
            stderr = log.fileno()
            if self._full_pipe:
                self._pipe, stderr = os.pipe()
            self._process = subprocess.Popen(
                ["sh", "-c", f'{limit}exec "$@"', "sh", *command],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
            if self._full_pipe:
                os.close(stderr)
        stdout = self._process.stdout
        words = [] if stdout is None else stdout.readline().decode().split()
        if words[:2] != ["listening", "on"]:
            self.__exit__()
            raise RuntimeError(f"the bank does not listen: {words} {self._log.read_text()}")
        host, _, port = words[2].rpartition(":")
        self.address = (host, int(port))
        self.public_key = read_bank_file(data_dir / "bank.pub").key_for(self._suite)
        self._cpu_at_first = self.cpu_seconds()
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        if self._pipe is not None:
            os.close(self._pipe)

    def account(self, name: str) -> Card:
        """Open an account; gives its card."""
        path = self._folder / f"{name}.card"
        command = [*self._program("open-account"), name, "--card", str(path)]
        subprocess.run([*command, "--data-dir", str(self._folder / "bank")], cwd=ROOT, check=True, capture_output=True)
        return read_card(path)

    def end(self) -> float:
        """Send SIGTERM and wait; gives the seconds that it took. Raises RuntimeError where it ends in another way."""
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(PATIENCE)
        if code:
            raise RuntimeError(f"the bank ended with {code}: {self._log.read_text()[-2000:]}")
        return time.monotonic() - began

    @property
    def log_bytes(self) -> int:
        """How much it has logged."""
        return self._log.stat().st_size

    @property
    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text()

    @property
    def log_descriptor(self) -> int | None:
        """The end of the full pipe from which its log could be read."""
        return self._pipe

    def cpu_seconds(self) -> float:
        """Seconds of processor time that it has used, or 0 where the system does not show them as Linux does."""
        if not PROC:
            return 0.0
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def used_cpu_seconds(self) -> float:
        """Those since it listens."""
        return self.cpu_seconds() - self._cpu_at_first

    def most_memory(self) -> int:
        """The most bytes that it has held, or 0 where the system does not show them as Linux does."""
        return 1024 * self._status("VmHWM")

    def memory(self) -> int:
        """The bytes that it holds."""
        return 1024 * self._status("VmRSS")

    def _status(self, name: str) -> int:
        if not PROC:
            return 0
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))

    @staticmethod
    def _program(command: str) -> list[str]:
        return [sys.executable, "-m", "app", command]
