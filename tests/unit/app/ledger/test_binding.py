"""A ledger and its log are used together, or not at all: every way to put strangers beside each other is refused."""

import asyncio
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from app.ledger import LEDGER_FILE, Ledger
from app.ledger.occupancy import OCCUPANCY_FILE
from app.system.errors import LedgerError
from tests.support.accounts import open_ledger

StartProgram = Callable[..., subprocess.Popen[str]]

DIGEST = bytes(32)

# A bank's writer: for each line it deposits one minor unit and writes the balance; `renew` empties the log first.
WRITER = """
import os, sys
from pathlib import Path
from app.ledger import Kind, Order
from app.ledger.occupancy import occupied
from app.ledger.writer import Writer

def deposit():
    return Order("demo", os.urandom(16).hex(), Kind.DEPOSIT, 1)

with occupied(Path(sys.argv[1])) as occupancy:
    writer = Writer(occupancy)
    writer.begin()
    for line in sys.stdin:
        if line == "end\\n":
            break
        if line == "renew\\n":
            writer._renew(in_use=True)
        [answer] = writer.carry_out([deposit()])
        print(answer.balance, flush=True)
    writer.leave()
    print("closed", flush=True)
"""


class Bank:
    """A process that writes the ledger of a data directory, until it is killed or ends."""

    def __init__(self, start_program: StartProgram, data_dir: Path) -> None:
        self._process = start_program(WRITER, data_dir)

    def deposit(self, word: str = "") -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{word}\n")
        return int(self._process.stdout.readline())

    def kill(self) -> None:
        self._process.kill()
        assert self._process.wait() == -signal.SIGKILL

    def end(self) -> None:
        assert self._process.communicate("end\n")[0] == "closed\n"


@pytest.fixture
def data_dir(ledger_path: Path) -> Path:
    with Ledger(ledger_path) as ledger:
        ledger.open_account("demo", DIGEST)
    return ledger_path.parent


@pytest.fixture
def start_bank(start_program: StartProgram, data_dir: Path) -> Callable[[], Bank]:
    return lambda: Bank(start_program, data_dir)


StartBank = Callable[[], Bank]


def log_of(ledger_path: Path) -> Path:
    return ledger_path.with_name(f"{ledger_path.name}-wal")


def refused(ledger_path: Path, sentence: str) -> None:
    """A start says so, for a bank and for whoever else opens the ledger, and the files stay as they are."""
    files = {path: path.read_bytes() for path in (ledger_path, log_of(ledger_path)) if path.exists()}

    async def start() -> None:
        async with open_ledger(ledger_path.parent):
            pass

    with pytest.raises(LedgerError, match=sentence):
        asyncio.run(start())
    for _ in range(2):
        with pytest.raises(LedgerError, match=sentence):
            Ledger(ledger_path)
    assert {path: path.read_bytes() for path in (ledger_path, log_of(ledger_path)) if path.exists()} == files


def started(data_dir: Path) -> None:
    """Start a bank there, and end it."""

    async def start() -> None:
        async with open_ledger(data_dir):
            pass

    asyncio.run(start())


TOGETHER = "do not belong together: one of them was replaced"
MISSING = r"of the ledger is missing, and in it were its last transactions, \d of them, which were confirmed"
UNTOLD = r"of the ledger is missing, and bank\.lock does not tell whether something that was confirmed was in it"


def balance(ledger_path: Path) -> int:
    with Ledger(ledger_path) as ledger:
        ledger.verify()
        return ledger.balance("demo")


def test_what_a_killed_bank_has_confirmed_is_there(start_bank: StartBank, ledger_path: Path) -> None:
    for life in range(3):
        bank = start_bank()
        assert bank.deposit() == 3 * life + 1
        assert bank.deposit("renew") == 3 * life + 2
        assert bank.deposit() == 3 * life + 3
        bank.kill()
    assert balance(ledger_path) == 9


@pytest.mark.parametrize("renewed", [0, 1, 2])
def test_a_backup_of_a_stopped_bank_beside_the_log_of_a_killed_one(
    start_bank: StartBank, ledger_path: Path, tmp_path: Path, renewed: int
) -> None:
    bank = start_bank()
    bank.deposit()
    bank.end()
    kept = shutil.copy(ledger_path, tmp_path / "kept")
    bank = start_bank()
    for number in range(4):
        bank.deposit("renew" if number < renewed else "")
    bank.kill()
    shutil.copy(kept, ledger_path)
    refused(ledger_path, TOGETHER)
    log_of(ledger_path).rename(tmp_path / "moved")  # as the sentence says
    assert balance(ledger_path) == 1


def test_a_copy_of_a_running_ledger_that_left_the_log_out(
    start_bank: StartBank, ledger_path: Path, tmp_path: Path
) -> None:
    bank = start_bank()
    bank.deposit()
    kept = shutil.copy(ledger_path, tmp_path / "kept")
    bank.deposit("renew")
    bank.deposit()
    bank.kill()
    shutil.copy(kept, ledger_path)
    refused(ledger_path, TOGETHER)
    elsewhere = tmp_path / "elsewhere" / LEDGER_FILE
    elsewhere.parent.mkdir(mode=0o700)
    shutil.copy(kept, elsewhere)
    refused(elsewhere, UNTOLD)


def test_a_live_backup_of_sqlites_own_beside_the_log(start_bank: StartBank, ledger_path: Path, tmp_path: Path) -> None:
    """Taken since the log was last emptied, it becomes with the log what it was; taken before, it is refused."""
    bank = start_bank()
    bank.deposit()
    copies = []
    for name in ("old", "new"):
        copies.append(tmp_path / name)
        source, target = sqlite3.connect(ledger_path), sqlite3.connect(copies[-1])
        source.backup(target)
        source.close()
        target.close()
        copies[-1].chmod(0o600)
        bank.deposit("renew" if name == "old" else "")
    bank.kill()
    shutil.copy(copies[0], ledger_path)
    refused(ledger_path, TOGETHER)
    shutil.copy(copies[1], ledger_path)
    assert balance(ledger_path) == 3


def test_a_log_that_was_removed(start_bank: StartBank, ledger_path: Path) -> None:
    bank = start_bank()
    bank.deposit()
    bank.kill()
    log_of(ledger_path).unlink()
    refused(ledger_path, MISSING)
    log_of(ledger_path).touch(mode=0o600)  # as the sentence says: go on without
    ledger_path.with_name(OCCUPANCY_FILE).unlink()
    assert balance(ledger_path) == 0


def test_a_log_that_another_program_has_written_into_the_ledger(
    start_bank: StartBank, ledger_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Any look with `sqlite3` does so after a bank was killed: nothing is missing, and the bank starts and says so."""
    bank = start_bank()
    for _ in range(3):
        bank.deposit()
    bank.kill()
    connection = sqlite3.connect(ledger_path)
    connection.execute("SELECT * FROM account").fetchall()
    connection.close()
    assert not log_of(ledger_path).exists()
    started(ledger_path.parent)
    assert "is gone. All that the bank has noted of it is in the ledger" in caplog.text
    assert caplog.text.count("is gone") == 1
    assert balance(ledger_path) == 3


def test_a_log_that_was_replaced_under_a_bank(start_bank: StartBank, ledger_path: Path) -> None:
    """The bank writes on into a log without a name. SQLite puts that into the ledger or not; none of it is a lie."""
    bank = start_bank()
    bank.deposit()
    log, copy = log_of(ledger_path), ledger_path.with_name("copy")
    shutil.copy2(log, copy)
    copy.replace(log)
    with pytest.raises(ValueError, match="invalid literal"):  # nothing is confirmed any more
        bank.deposit()
    started(ledger_path.parent)
    assert balance(ledger_path) in (1, 2)  # what was not confirmed may be done


@pytest.mark.parametrize("open_anew", ["a bank", "another program"])
def test_a_ledger_whose_end_cannot_be_checked_is_said_once(
    start_bank: StartBank, ledger_path: Path, caplog: pytest.LogCaptureFixture, open_anew: str
) -> None:
    """Copied without `bank.lock`, it may have lost what was confirmed last, and nobody can tell."""
    bank = start_bank()
    bank.deposit()
    with Ledger(ledger_path) as ledger:  # beside a bank that runs there is nothing to say
        assert ledger.balance("demo") == 1
    assert not caplog.records
    bank.kill()
    ledger_path.with_name(OCCUPANCY_FILE).unlink()
    if open_anew == "a bank":
        started(ledger_path.parent)
    else:
        assert balance(ledger_path) == 1
    assert caplog.text.count("It cannot be checked whether the last payments are all there; compare them.") == 1
    caplog.clear()
    started(ledger_path.parent)
    assert not caplog.records


def flip(content: bytes, place: float) -> bytes:
    position = int(place * len(content))
    return content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:0],
        lambda content: content[: len(content) // 2],
        lambda content: content[:-4096],
        lambda content: flip(content, 0.0),
        lambda content: flip(content, 0.5),
        lambda content: flip(content, 0.99),
    ],
    ids=["emptied", "cut in half", "cut at its end", "flipped at its beginning", "in its middle", "at its end"],
)
def test_a_log_that_lost_what_was_confirmed(
    start_bank: StartBank, ledger_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    """SQLite takes what it cannot read for never written; the bank does not."""
    bank = start_bank()
    for _ in range(6):
        bank.deposit()
    bank.kill()
    log = log_of(ledger_path)
    log.write_bytes(damage(log.read_bytes()))
    refused(ledger_path, r"was damaged or cut: missing are its last transactions, \d of them, which were confirmed")
    ledger_path.with_name(OCCUPANCY_FILE).unlink()  # as the sentence says: go on without
    assert balance(ledger_path) < 6


def test_a_file_that_was_removed(start_bank: StartBank, ledger_path: Path) -> None:
    bank = start_bank()
    bank.deposit()
    bank.kill()
    ledger_path.unlink()
    refused(ledger_path, r"is missing, and its log .* is there")


def test_the_log_of_another_ledger(start_bank: StartBank, ledger_path: Path, start_program: StartProgram) -> None:
    other = ledger_path.parents[1] / "other" / LEDGER_FILE
    with Ledger(other) as ledger:
        ledger.open_account("demo", DIGEST)
    for bank in (start_bank(), Bank(start_program, other.parent)):
        bank.deposit()
        bank.kill()
    shutil.copy(log_of(other), log_of(ledger_path))
    refused(ledger_path, TOGETHER)


def test_an_account_is_opened_after_a_bank_was_killed(start_bank: StartBank, ledger_path: Path) -> None:
    """Whoever opens the ledger next puts it in order, bank or not; and one that runs is left alone."""
    bank = start_bank()
    bank.deposit()
    bank.kill()
    with Ledger(ledger_path) as ledger:
        ledger.open_account("other", DIGEST)
    assert not log_of(ledger_path).exists()
    bank = start_bank()
    assert bank.deposit() == 2
    with Ledger(ledger_path) as ledger:
        ledger.open_account("third", DIGEST)
    assert log_of(ledger_path).exists()
    assert bank.deposit() == 3
    bank.kill()
    assert balance(ledger_path) == 3


def test_file_and_log_may_move_together(start_bank: StartBank, ledger_path: Path, tmp_path: Path) -> None:
    bank = start_bank()
    bank.deposit("renew")
    bank.deposit()
    bank.kill()
    moved = shutil.copytree(ledger_path.parent, tmp_path / "moved") / LEDGER_FILE
    for path in (moved, ledger_path):
        assert balance(path) == 2
