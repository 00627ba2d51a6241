"""Many at once: never overdrawn, the sum exact, one answer an id."""

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from app.ledger import Ledger
from app.protocol.messages import Accepted, DepositRequest, Refusal, Refused, WithdrawRequest, new_request_id

StartProgram = Callable[..., subprocess.Popen[str]]

DIGEST = bytes(32)

WITHDRAW_MANY = """
import sys
from pathlib import Path
from app.ledger import Ledger
from app.protocol.messages import WithdrawRequest, new_request_id

with Ledger(Path(sys.argv[1])) as ledger:
    sys.stdin.readline()
    answers = [ledger.apply("demo", WithdrawRequest(id=new_request_id(), amount=7)).ok for _ in range(30)]
    print(sum(answers), flush=True)
"""

OPEN_MANY = """
import sys
from pathlib import Path
from app.bank.enrolment import open_account_with_card
from app.ledger import Ledger

with Ledger(Path(sys.argv[1])) as ledger:
    sys.stdin.readline()
    for number in range(15):
        open_account_with_card(ledger, f"account-{number}", Path(sys.argv[2]) / f"{number}.card")
    print("done", flush=True)
"""


def test_threads_never_overdraw(ledger: Ledger, ledger_path: Path) -> None:
    ledger.open_account("demo", DIGEST)
    ledger.apply("demo", DepositRequest(id=new_request_id(), amount=100))
    start, answers = threading.Barrier(8), list[Accepted | Refused]()

    def withdraw() -> None:
        with Ledger(ledger_path) as own:
            start.wait()
            for _ in range(20):
                answers.append(own.apply("demo", WithdrawRequest(id=new_request_id(), amount=1)))

    threads = [threading.Thread(target=withdraw) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    paid = [answer for answer in answers if isinstance(answer, Accepted)]
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert sorted(answer.balance for answer in paid) == list(range(100))
    assert len(refused) == 60
    assert {answer.error for answer in refused} == {Refusal.INSUFFICIENT_FUNDS}
    assert ledger.verify().total == 0


def test_one_request_sent_by_many_at_once_moves_money_once(ledger: Ledger, ledger_path: Path) -> None:
    ledger.open_account("demo", DIGEST)
    start, answers = threading.Barrier(8), list[object]()
    request = DepositRequest(id=new_request_id(), amount=5)

    def send() -> None:
        with Ledger(ledger_path) as own:
            start.wait()
            answers.append(own.apply("demo", request))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [Accepted(type="DEPOS", id=request.id, balance=5)] * 8
    assert ledger.verify().entries == 1


def test_processes_never_overdraw_while_another_opens_accounts(
    ledger: Ledger, ledger_path: Path, tmp_path: Path, start_program: StartProgram
) -> None:
    ledger.open_account("demo", DIGEST)
    ledger.apply("demo", DepositRequest(id=new_request_id(), amount=500))
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
