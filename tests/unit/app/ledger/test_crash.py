"""kill -9 at every step, and a log torn at any byte: after the retry the money has moved exactly once."""

import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.ledger import Ledger
from app.protocol.messages import AccountRequest, DepositRequest, WithdrawRequest, encode, new_request_id
from tests.support.accounts import apply, deposit

StartProgram = Callable[..., subprocess.Popen[str]]

DIGEST = bytes(32)

# Reads `STEP MESSAGE` a line. For each it forks a child, which applies the message and is killed as it begins the
# STEP-th SQL statement; STEP 0 kills it after the commit, before it could reply. Writes whether it was killed.
KILLED_AT_A_STATEMENT = """
import os, signal, sys
from pathlib import Path
from app.ledger import Ledger
from app.protocol.messages import read_request
from tests.support.accounts import apply

def child(step, message):
    ledger = Ledger(Path(sys.argv[1]))
    seen = 0
    def trace(statement):
        nonlocal seen
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)
    ledger._database._connection.set_trace_callback(trace)
    apply(ledger, "demo", read_request(message))
    if step == 0:
        os.kill(os.getpid(), signal.SIGKILL)

for line in sys.stdin:
    step, message = line.split(" ", 1)
    pid = os.fork()
    if pid == 0:
        child(int(step), message.strip().encode())
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    print("killed" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL else status, flush=True)
"""

# Applies the messages of a file one after the other, and writes the id of each after its answer.
LOOP = """
import sys
from pathlib import Path
from app.ledger import Ledger
from app.protocol.messages import read_request
from tests.support.accounts import apply

ledger = Ledger(Path(sys.argv[1]))
for line in Path(sys.argv[2]).read_bytes().splitlines():
    print(apply(ledger, "demo", read_request(line)).id, flush=True)
sys.stdin.read()
"""

# A bank's ledger: the messages of a file, `WIDTH` at a time, as sessions of three accounts. The log is written into the
# file every few batches. Writes the id of each after its answer.
BATCHES = """
import asyncio, sys
from pathlib import Path
import app.ledger.writer
from app.bank.session import answer
from app.ledger.live import LiveLedger
from app.ledger.occupancy import occupied
from app.protocol.messages import read_request

app.ledger.writer.LOG_PAGES = 200

async def main():
    with occupied(Path(sys.argv[1])) as occupancy:
        async with LiveLedger(occupancy) as ledger:
            waiting = iter(enumerate(Path(sys.argv[2]).read_bytes().splitlines()))

            async def session():
                for number, line in waiting:
                    reply = await answer(ledger, f"account-{number % 3}", read_request(line))
                    print(reply.id, flush=True)

            await asyncio.gather(*(session() for _ in range(int(sys.argv[3]))))

asyncio.run(main())
"""


@pytest.mark.parametrize("kind", [DepositRequest, WithdrawRequest])
def test_killed_at_each_statement_then_retried(
    ledger: Ledger, ledger_path: Path, start_program: StartProgram, kind: type[DepositRequest | WithdrawRequest]
) -> None:
    ledger.open_account("demo", DIGEST)
    ledger.apply(deposit(1000))
    process = start_program(KILLED_AT_A_STATEMENT, ledger_path)
    if process.stdin is None or process.stdout is None:
        raise TypeError("pipes were asked for")
    balance, sign, applied_before_retry = 1000, 1 if kind is DepositRequest else -1, []
    for step in range(1, 100):
        request = kind(id=new_request_id(), amount=1)
        process.stdin.write(f"{step} {encode(request).decode()}\n")
        fate = process.stdout.readline().strip()
        if fate != "killed":
            assert fate == "0"
            balance += sign
            break
        ledger.verify()
        applied_before_retry.append(ledger.balance("demo") != balance)
        answer = apply(ledger, "demo", request)
        assert apply(ledger, "demo", request) == answer
        balance += sign
        assert ledger.balance("demo") == balance
    # BEGIN, three SELECTs, two INSERTs, two UPDATEs and the COMMIT, each killed before it ran: none moved money.
    assert applied_before_retry == [False] * 9
    request = kind(id=new_request_id(), amount=1)
    process.stdin.write(f"0 {encode(request).decode()}\n")
    assert process.stdout.readline() == "killed\n"
    assert ledger.balance("demo") == balance + sign  # committed, and the reply was lost
    apply(ledger, "demo", request)
    assert ledger.balance("demo") == balance + sign
    ledger.verify()


def test_killed_at_any_moment_then_retried(
    ledger: Ledger, ledger_path: Path, tmp_path: Path, start_program: StartProgram
) -> None:
    ledger.open_account("demo", DIGEST)
    expected = 0
    for round_number in range(4):
        requests = [DepositRequest(id=new_request_id(), amount=3) for _ in range(300)]
        script = tmp_path / f"requests-{round_number}"
        script.write_bytes(b"\n".join(encode(request) for request in requests))
        process = start_program(LOOP, ledger_path, script)
        if process.stdout is None:
            raise TypeError("a pipe was asked for")
        answered = [process.stdout.readline().strip() for _ in range(5)]
        time.sleep(0.0037 * round_number)  # another moment in each round; none is special
        process.kill()
        answered += process.stdout.read().split()
        assert process.wait() == -signal.SIGKILL
        moved = ledger.verify().total - expected
        assert moved in (3 * len(answered), 3 * (len(answered) + 1))  # all that was answered, and at most one more
        assert 5 <= len(answered) < 300
        for request in requests[: len(answered) + 5]:
            apply(ledger, "demo", request)
        expected += 3 * (len(answered) + 5)
        assert ledger.verify().total == expected


def test_killed_while_it_commits_batches_then_retried(
    ledger: Ledger, ledger_path: Path, tmp_path: Path, start_program: StartProgram
) -> None:
    """Whatever was answered is there, the rest of a batch is there whole or not at all, and a retry moves it once."""
    names = [f"account-{number}" for number in range(3)]
    for name in names:
        ledger.open_account(name, DIGEST)
    ledger.close()
    expected, width = 0, 40
    for round_number in range(6):
        requests = [DepositRequest(id=new_request_id(), amount=3) for _ in range(3000)]
        script = tmp_path / f"requests-{round_number}"
        script.write_bytes(b"\n".join(encode(request) for request in requests))
        process = start_program(BATCHES, ledger_path.parent, script, width)
        if process.stdout is None:
            raise TypeError("a pipe was asked for")
        answered = [process.stdout.readline().strip() for _ in range(1 + 50 * round_number)]
        time.sleep(0.0037 * round_number)  # another moment in each round; none is special
        process.kill()
        answered += process.stdout.read().split()
        assert process.wait() == -signal.SIGKILL
        assert len(answered) < 3000
        with Ledger(ledger_path) as after:
            moved = (after.verify().total - expected) // 3
            assert len(answered) <= moved <= len(answered) + width
            there = {row[0] for row in after._database._connection.execute("SELECT request_id FROM answer")}
            assert set(answered) <= there
            repeated = requests[: len(answered) + width]
            for number, request in enumerate(repeated):
                apply(after, names[number % 3], request)
            expected += 3 * len(repeated)
            assert after.verify().total == expected


def test_a_log_torn_at_any_byte_loses_whole_requests_and_nothing_else(
    ledger: Ledger, ledger_path: Path, tmp_path: Path
) -> None:
    ledger.open_account("demo", DIGEST)
    ledger._database._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    requests: list[AccountRequest] = [DepositRequest(id=new_request_id(), amount=2**i) for i in range(4)]
    for request in requests:
        apply(ledger, "demo", request)
    log = Path(f"{ledger_path}-wal").read_bytes()
    torn = tmp_path / "torn" / ledger_path.name
    torn.parent.mkdir()
    seen = set()
    for size in range(0, len(log) + 1, 1777):
        shutil.copy(ledger_path, torn)
        Path(f"{torn}-wal").write_bytes(log[:size])
        with Ledger(torn) as recovered:
            total = recovered.verify().total
            assert total in (0, 1, 3, 7, 15)
            seen.add(total)
            for request in requests:
                apply(recovered, "demo", request)
            assert recovered.verify().total == 15
        for path in torn.parent.iterdir():
            path.unlink()
    assert {0, 1, 3, 7} <= seen
