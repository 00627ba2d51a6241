"""The real programs, as a user starts them: from an empty folder, with nothing of this machine's user in reach."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.processes import is_alive, marked

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
"""Seconds after which a program hangs; the machine may be a busy one."""

PYTHON = (sys.executable, "-W", "error")

COLD: tuple[str, ...] = ()
"""For `Town.bank`: an interpreter of its own."""

QUICK_SUITE = "des3-bg2048-hmac"
"""The same programs with a key that is made in a fifth of the time."""

EXPLAINED = ("; ", "?", "Give ", "must ")
"""What to do stands after one of these in every refusal."""


@dataclass(frozen=True)
class Ended:
    """A program that has ended."""

    code: int
    out: str
    err: str

    @property
    def refusal(self) -> str:
        """The one sentence on standard error; whatever else stands there is the console's welcome."""
        lines = self.err.splitlines()
        refusals = [line for line in lines if line.startswith("suitecase: ")]
        assert len(refusals) == 1, self.err
        assert "Traceback" not in self.err
        assert lines[-1] == refusals[0], self.err
        sentence = refusals[0].removeprefix("suitecase: ")
        assert sentence.endswith((".", ".)", "?")), sentence
        assert any(mark in sentence for mark in EXPLAINED), f"does not say what to do: {sentence}"
        return sentence

    @property
    def only_refusal(self) -> str:
        """The same, where nothing else may stand on standard error and nothing at all on standard output."""
        assert self.out == ""
        assert len(self.err.splitlines()) == 1, self.err
        return self.refusal


class WarmProgram:
    """The program in a process that has imported it, and forks for each run; see `tests/e2e/warm.py`."""

    def __init__(self, folder: Path) -> None:
        command = [*PYTHON, "-m", "tests.e2e.warm"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._files = [folder / name for name in ("in", "out", "err")]

    def run(self, arguments: list[str], folder: Path, environment: dict[str, str], given: bytes) -> "Ended":
        self._files[0].write_bytes(given)
        for file in self._files[1:]:
            file.write_bytes(b"")
        code = self.wait(self.start(arguments, folder, environment, self._files))
        return Ended(code, *(file.read_text() for file in self._files[1:]))

    def start(self, arguments: list[str], folder: Path, environment: dict[str, str], files: list[Path]) -> int:
        """Start it with these files for its streams; gives the process."""
        return self._ask("start", arguments, str(folder), environment, list(map(str, files)))

    def wait(self, pid: int) -> int:
        """Wait for the end of a process; gives the exit code."""
        return self._ask("wait", pid)

    def close(self) -> None:
        self._process.communicate(timeout=PATIENCE)
        assert self._process.returncode == 0

    def _ask(self, *command: object) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@dataclass(frozen=True)
class Case:
    """One of many runs, in a folder of its own below the test's."""

    arguments: list[str]
    said: str
    files: dict[str, bytes] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Programs:
    """Starts programs in a folder of their own, and knows them all by a mark in their environment."""

    folder: Path
    mark: str
    warm: WarmProgram
    python: tuple[str, ...] = PYTHON
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),  # compiled code alone
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
            "E2E_MARK": self.mark,
            **self.extra,
        }

    def command(self, *arguments: object) -> list[str]:
        return [*self.python, "-m", "app", *map(str, arguments)]

    def start(
        self,
        *arguments: object,
        environment: dict[str, str] | None = None,
        stdin: int | None = subprocess.PIPE,
        stdout: int | None = subprocess.PIPE,
        stderr: int | None = subprocess.PIPE,
        through: tuple[str, ...] = (),
    ) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [*through, *self.command(*arguments)],
            cwd=self.folder,
            env=self.environment | (environment or {}),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )

    def run(
        self,
        *arguments: object,
        given: bytes | str = b"",
        environment: dict[str, str] | None = None,
        through: tuple[str, ...] = (),
    ) -> Ended:
        """Run to the end, with `given` in a pipe on standard input."""
        return ended(self.start(*arguments, environment=environment, through=through), given)

    def run_warm(
        self, *arguments: object, given: bytes | str = b"", environment: dict[str, str] | None = None
    ) -> Ended:
        """Run as `run` does, in a tenth of the time: where it is not the start that is tried."""
        data = given.encode() if isinstance(given, str) else given
        return self.warm.run(list(map(str, arguments)), self.folder, self.environment | (environment or {}), data)

    def run_many(
        self, cases: list[Case], prepare: Callable[[Case, Path], object] = lambda _case, _folder: None
    ) -> list[tuple[Case, Path, Ended]]:
        """Run each case warm, in an empty folder but for its files; gives each with its folder and how it ended."""
        results = []
        for number, case in enumerate(cases):
            folder = self.folder / f"case-{number}"
            folder.mkdir()
            for name, data in case.files.items():
                (folder / name).write_bytes(data)
            prepare(case, folder)
            home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "data")}
            environment = self.environment | home | case.environment
            results.append((case, folder, self.warm.run(case.arguments, folder, environment, b"")))
        return results

    def shell(self, script: str) -> Ended:
        """Run a line of shell; `"$@"` is the program."""
        process = subprocess.Popen(
            ["sh", "-c", script, "sh", *self.command()],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        return ended(process)

    def left_behind(self) -> list[int]:
        """The programs of this test that run still, and their children."""
        return marked(f"E2E_MARK={self.mark}")


def ended(process: "subprocess.Popen[bytes]", given: bytes | str = b"") -> Ended:
    """Wait for the end of a program."""
    data = given.encode() if isinstance(given, str) else given
    try:
        out, err = process.communicate(data if process.stdin else None, PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"hangs; it had said {out!r} {err!r}") from None
    return Ended(process.returncode, (out or b"").decode(), (err or b"").decode())


@dataclass
class RunningBank:
    """A bank in a process of its own, whose log goes to a file."""

    pid: int
    wait: Callable[[], int]
    log_path: Path
    line: str
    code: int | None = None

    @property
    def address(self) -> str:
        return self.line.split()[2]

    @property
    def fingerprint(self) -> str:
        return self.line.split()[3]

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait; gives the exit code. May be repeated."""
        if self.code is None:
            os.kill(self.pid, number)
            self.code = self.wait()
        return self.code


class Town:
    """A folder with a data directory whose keys are made, and banks and ATMs over it."""

    def __init__(self, programs: Programs, kept_keys: Path) -> None:
        self.programs = programs
        self.data_dir = programs.folder / "bank"
        shutil.copytree(kept_keys, self.data_dir)
        self._banks: list[RunningBank] = []

    def bank(
        self,
        *arguments: object,
        listen: str = "127.0.0.1:0",
        suite: str = QUICK_SUITE,
        through: tuple[str, ...] | None = None,
    ) -> RunningBank:
        """Start a bank, warm, or if `through` is given by an interpreter of its own, started by that command."""
        name = f"bank-{len(self._banks)}"
        out, log = (self.programs.folder / f"{name}.{kind}" for kind in ("out", "log"))
        options = ["bank", "--suite", suite, "--listen", listen, "--data-dir", str(self.data_dir), *map(str, arguments)]
        pid, wait = self._start(options, out, log, through)
        wait_until(lambda: (out.exists() and out.read_bytes().endswith(b"\n")) or not is_alive(pid), PATIENCE)
        bank = RunningBank(pid, wait, log, out.read_text())
        self._banks.append(bank)
        assert bank.line.startswith("listening on "), (bank.line, bank.log)
        return bank

    def _start(
        self, options: list[str], out: Path, log: Path, through: tuple[str, ...] | None
    ) -> tuple[int, Callable[[], int]]:
        programs = self.programs
        if through is None:
            pid = programs.warm.start(options, programs.folder, programs.environment, [Path(os.devnull), out, log])
            return pid, lambda: programs.warm.wait(pid)
        with out.open("wb") as out_file, log.open("wb") as log_file:
            process = programs.start(
                *options, stdin=subprocess.DEVNULL, stdout=out_file.fileno(), stderr=log_file.fileno(), through=through
            )
        return process.pid, lambda: process.wait(PATIENCE)

    def account(self, name: str = "alice") -> Path:
        """Open an account; gives its card. Not by the program, for that takes its time."""
        from app.ledger import LEDGER_FILE, Ledger
        from tests.support.accounts import open_account_with_card

        card = self.programs.folder / f"{name}.card"
        with Ledger(self.data_dir / LEDGER_FILE) as ledger:
            open_account_with_card(ledger, name, card)
        return card

    def atm_options(self, bank: RunningBank | str, card: Path) -> list[object]:
        address = bank if isinstance(bank, str) else bank.address
        key = self.data_dir / "bank.pub"
        return ["--suite", QUICK_SUITE, "--connect", address, "--bank-key", key, "--card", card]

    def atm(self, bank: RunningBank | str, card: Path, *request: object, given: bytes | str = b"") -> Ended:
        return self.programs.run_warm("atm", *self.atm_options(bank, card), *request, given=given)

    def balance(self, name: str = "alice") -> int:
        """What the ledger says, in minor units; it must add up too."""
        from app.ledger import LEDGER_FILE, Ledger

        with Ledger(self.data_dir / LEDGER_FILE) as ledger:
            ledger.verify()
            return ledger.balance(name)

    def close(self) -> None:
        for bank in self._banks:
            bank.stop(signal.SIGKILL)


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.02)
