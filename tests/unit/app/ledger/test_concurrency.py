"""Many at once: never overdrawn, the sum exact, one answer an id."""

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from app.ledger import Declined, Done, Ledger, Outcome, Reason
from tests.support.accounts import deposit, withdraw

StartProgram = Callable[..., subprocess.Popen[str]]

DIGEST = bytes(32)

WITHDRAW_MANY = """
import os, sys
from pathlib import Path
from app.ledger import Done, Kind, Ledger, Order

with Ledger(Path(sys.argv[1])) as ledger:
    sys.stdin.readline()
    outcomes = [ledger.apply(Order("demo", os.urandom(16).hex(), Kind.WITHDRAWAL, 7)) for _ in range(30)]
    print(sum(isinstance(outcome, Done) for outcome in outcomes), flush=True)
"""

OPEN_MANY = """
import sys
from pathlib import Path
from tests.support.accounts import open_account_with_card
from app.ledger import Ledger

with Ledger(Path(sys.argv[1])) as ledger:
    sys.stdin.readline()
    for number in range(15):
        open_account_with_card(ledger, f"account-{number}", Path(sys.argv[2]) / f"{number}.card")
    print("done", flush=True)
"""


def test_threads_never_overdraw(ledger: Ledger, ledger_path: Path) -> None:
    ledger.open_account("demo", DIGEST)
    ledger.apply(deposit(100))
    start, outcomes = threading.Barrier(8), list[Outcome]()

    def withdraw_many() -> None:
        with Ledger(ledger_path) as own:
            start.wait()
            for _ in range(20):
                outcomes.append(own.apply(withdraw()))

    threads = [threading.Thread(target=withdraw_many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    paid = [outcome for outcome in outcomes if isinstance(outcome, Done)]
    declined = [outcome for outcome in outcomes if isinstance(outcome, Declined)]
    assert sorted(outcome.balance for outcome in paid) == list(range(100))
    assert declined == [Declined(Reason.INSUFFICIENT_FUNDS)] * 60
    assert ledger.verify().total == 0


def test_one_request_sent_by_many_at_once_moves_money_once(ledger: Ledger, ledger_path: Path) -> None:
    ledger.open_account("demo", DIGEST)
    start, answers = threading.Barrier(8), list[object]()
    order = deposit(5)

    def send() -> None:
        with Ledger(ledger_path) as own:
            start.wait()
            answers.append(own.apply(order))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [Done(5)] * 8
    assert ledger.verify().entries == 1


def test_processes_never_overdraw_while_another_opens_accounts(
    ledger: Ledger, ledger_path: Path, tmp_path: Path, start_program: StartProgram
) -> None:
    ledger.open_account("demo", DIGEST)
    ledger.apply(deposit(500))
    processes = [start_program(WITHDRAW_MANY, ledger_path) for _ in range(3)]
    opener = start_program(OPEN_MANY, ledger_path, tmp_path)
    for process in (*processes, opener):
        if process.stdin is None:
            raise TypeError("a pipe was asked for")
        process.stdin.write("go\n")
        process.stdin.flush()
    paid = sum(int(process.communicate()[0]) for process in processes)
    assert opener.communicate()[0] == "done\n"
    assert paid == 71  # 71 times 7 is 497; 90 were asked for
    audit = ledger.verify()
    assert (audit.accounts, audit.entries, audit.total) == (16, 72, 3)
