"""The main job: a bank in a child process, and the ATM's console in this one."""

import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from app.card import Card, ensure_account_with_card
from app.errors import UserError
from app.ledger import LEDGER_FILE, Ledger

DEMO_ACCOUNT: Final = "demo"
DEMO_CARD: Final = "demo.card"
"""The account and the card file, in the data directory, of the main job."""

START_SECONDS: Final = 30.0
"""How long the bank may take to listen: key generation and a slow machine included."""

STOP_SECONDS: Final = 10.0
"""How long the bank may take to end before it is killed."""


class BankChildError(UserError):
    """The bank in the child process did not come up; it has said why on standard error."""


def demo_card(data_dir: Path) -> tuple[Card, Path]:
    """Give the demo account's card, opening the account with balance zero if it is not there. Raises UserError."""
    path = data_dir / DEMO_CARD
    with Ledger(data_dir / LEDGER_FILE) as ledger:
        return ensure_account_with_card(ledger, DEMO_ACCOUNT, path), path


@contextmanager
def bank_child(arguments: list[str]) -> Iterator[tuple[str, str]]:
    """Run `bank` in a child process on a free loopback port; gives its address and its key's fingerprint.

    The child serves until this process closes the pipe to its standard input, however that comes about, so none is
    ever left behind. It has a session of its own: Ctrl-C at the console is the console's to handle.
    """
    optimize = ["-" + "O" * sys.flags.optimize] if sys.flags.optimize else []
    command = [sys.executable, *optimize, "-m", "app", "bank", "--until-stdin-closes", "--listen", "127.0.0.1:0"]
    child = subprocess.Popen(  # noqa: S603 - our own program with our own arguments
        [*command, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        yield _announcement(child)
    finally:
        _stop(child)


def _announcement(child: "subprocess.Popen[bytes]") -> tuple[str, str]:
    """Wait for `listening on HOST:PORT FINGERPRINT`."""
    if child.stdout is None:
        raise BankChildError("The bank has no standard output.")
    ready, _, _ = select.select([child.stdout], [], [], START_SECONDS)
    words = child.stdout.readline().decode("utf-8", "replace").split() if ready else []
    if len(words) != 4 or words[:2] != ["listening", "on"]:
        raise BankChildError("The bank did not start; what it said about that stands above, if anything.")
    return words[2], words[3]


def _stop(child: "subprocess.Popen[bytes]") -> None:
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            stream.close()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


@contextmanager
def sigterm_as_exit() -> Iterator[None]:
    """Let SIGTERM end this process through its `finally` clauses, as QUIT does."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
