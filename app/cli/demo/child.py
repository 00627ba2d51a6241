"""The child process that is the main job's bank."""

import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, NoReturn

from app.configuration.settings import Settings
from app.system.errors import EXIT_INTERNAL, EXIT_LOCAL, ChannelFailedError, UserError
from app.system.first_signals import ENDING_SIGNALS
from app.system.readiness import wait_readable
from app.system.signals import heard_signals
from framework import Suite, SuitecaseError
from framework.printable import printable

START_SECONDS: Final = 30.0
"""How long the bank may take to listen: key generation and a slow machine included."""

STOP_SECONDS: Final = 5.0
"""How long the bank may take to end before it is killed: it waits for its channels for 4 s at most."""

_LISTENS, _REFUSES = "listening", "refused"
_REPORT_SIZE: Final = 4096

logger = logging.getLogger("suitecase.demo")


class BankChildError(UserError):
    """The bank in the child process did not come up."""


class BankChild:
    """A forked process that is a bank. It ends when the pipe `lifeline` is closed, as it is when we are killed.

    Down the pipe `report` come one line, about its start, and the end of the stream when it ends.
    """

    def __init__(self, pid: int, lifeline: int, report: int) -> None:
        self._pid = pid
        self._lifeline = lifeline
        self._report = report
        self._ending: str | None = None

    def announcement(self) -> tuple[str, str]:
        """Wait until the bank listens; gives its address and its key's fingerprint. Raises BankChildError."""
        try:
            line = self._first_line()
        except (KeyboardInterrupt, SystemExit):
            os.kill(self._pid, signal.SIGTERM)  # while it makes its key, it does not look at its lifeline
            raise
        if not line.endswith(b"\n"):
            raise BankChildError(f"The bank {self._end()} before it listened; start again.")
        word, _, rest = os.fsdecode(line).rstrip("\n").partition(" ")
        if word == _REFUSES:
            raise BankChildError(rest)
        address, _, announced = rest.partition(" ")
        return address, announced

    def _first_line(self) -> bytes:
        """Read the report to the end of its first line, or to its own end."""
        line = b""
        while not line.endswith(b"\n"):
            if not wait_readable(self._report, START_SECONDS):
                raise BankChildError(f"The bank did not listen within {START_SECONDS:.0f} s; start again.")
            more = os.read(self._report, _REPORT_SIZE)
            if not more:
                break
            line += more
        return line

    def explain(self, error: ChannelFailedError) -> ChannelFailedError:
        """Say that the bank has ended, where that is why the channel failed."""
        if not self._has_ended(0):
            return error
        return ChannelFailedError(f"The bank {self._end()}; start again to go on.", error.doubt)

    def stop(self) -> None:
        """Let the bank end in order, and see that it does. Raises nothing: what was said and done before stands."""
        with suppress(OSError):
            os.close(self._lifeline)
            if not self._has_ended(STOP_SECONDS):
                os.kill(self._pid, signal.SIGKILL)
            self._end()
            os.close(self._report)

    def _has_ended(self, seconds: float) -> bool:
        """Wait for the end of the report."""
        deadline = time.monotonic() + seconds
        while wait_readable(self._report, deadline - time.monotonic()):
            if not os.read(self._report, _REPORT_SIZE):
                return True
        return False

    def _end(self) -> str:
        """Reap the process; says how it ended."""
        if self._ending is None:
            try:
                code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
            except ChildProcessError:  # SIGCHLD is ignored, by whoever started us: the system has reaped it
                self._ending = "ended"
            else:
                self._ending = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return self._ending


@contextmanager
def bank_child(suite: Suite, settings: Settings) -> Iterator[BankChild]:
    """Run a bank on a free loopback port in a child process.

    A fork has at once what this process has imported; a new interpreter would take most of a second longer to listen.
    Call it while there is one thread.
    """
    lifeline, held = os.pipe()
    report, told = os.pipe()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)  # until the child has its own way to end
    pid = os.fork()
    if pid == 0:
        os.close(held)
        os.close(report)
        _be_the_bank(suite, settings, lifeline, told)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(lifeline)
    os.close(told)
    child = BankChild(pid, held, report)
    try:
        yield child
    finally:
        child.stop()


def _be_the_bank(suite: Suite, settings: Settings, lifeline: int, told: int) -> NoReturn:
    """Serve, in the child; never returns into what the parent was doing."""
    code = EXIT_LOCAL
    try:
        os.setsid()  # Ctrl-C at the console is the console's to handle
        os.dup2(lifeline, 0)
        os.dup2(told, 1)
        os.close(lifeline)
        os.close(told)
        for number in heard_signals():
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING_SIGNALS)
        from app.cli.demo.bank import serve_atms  # in this process alone: an ATM has neither bank nor ledger

        serve_atms(suite, settings, lambda address, shown: _tell(f"{_LISTENS} {address} {shown}"))
        code = 0
    except (UserError, SuitecaseError) as error:
        _tell(f"{_REFUSES} {printable(str(error))}")  # a line, whatever it names
    except Exception:
        code = EXIT_INTERNAL
        logger.exception("the bank failed")
    finally:
        os._exit(code)


def _tell(line: str) -> None:
    """Report to the parent; if it has gone, there is nobody to tell."""
    with suppress(BrokenPipeError):
        os.write(1, os.fsencode(f"{line}\n"))
