"""Killed at the worst moment, the money has moved exactly once when all is said."""

import asyncio
import json
import signal
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.atm.bank_address import BankAddress
from app.atm.pending.store import PendingRequests
from app.atm.teller import Teller
from app.credentials.address import host_and_port
from app.credentials.card import read_card
from app.credentials.keystore import read_bank_key
from app.protocol.messages import DepositRequest, WithdrawRequest, new_request_id
from app.system.private_directories import LOCK_FILE
from framework import KeyPair, Suite
from framework.registry import Registry
from tests.e2e.programs import COLD, PATIENCE, QUICK_SUITE, Programs, RunningBank, Town, ended, wait_until


class Proxy:
    """Passes bytes on between ATM and bank, until it is told to swallow what the bank says."""

    def __init__(self, bank: str) -> None:
        self._bank = host_and_port(bank)
        self.swallow = False
        self.swallowed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def address(self) -> str:
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()
        return f"{host}:{port}"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    def hang_up(self) -> None:
        """Cut every connection."""
        for writer in self._writers:
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            bank_reader, bank_writer = await asyncio.open_connection(*self._bank)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, bank_writer}
        await asyncio.gather(self._pass(reader, bank_writer, None), self._pass(bank_reader, writer, self))

    @staticmethod
    async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bank: "Proxy | None") -> None:
        try:
            while data := await reader.read(65_536):
                if bank is not None and bank.swallow:
                    bank.swallowed.set()
                else:
                    writer.write(data)
        except OSError:
            pass
        if not writer.transport.is_closing():
            writer.transport.abort()


@asynccontextmanager
async def proxy_before(bank: RunningBank) -> AsyncIterator[Proxy]:
    proxy = Proxy(bank.address)
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close()


async def test_the_bank_is_killed_between_debit_and_reply(town: Town) -> None:
    """The reply is on the wire and lost, the bank dies, comes back, and the same command is typed again."""
    bank, card = town.bank(through=COLD), town.account()
    assert town.atm(bank, card, "deposit", "100").code == 0
    async with proxy_before(bank) as proxy:
        options = town.atm_options(proxy.address, card)
        console = await _console(town, options)
        proxy.swallow = True
        console.stdin.write(b"WITHD 30\n")
        async with asyncio.timeout(PATIENCE):
            await proxy.swallowed.wait()
        bank.stop(signal.SIGKILL)
        proxy.hang_up()
        code, out, err = await console.end()
    assert (code, out) == (3, b"")
    assert b"Whether it carried out the WITHD is not known" in err
    assert town.balance() == 70_00
    (record,) = (town.programs.folder / "alice.card.pending").iterdir()
    new = town.bank(listen=bank.address)
    assert new.fingerprint == bank.fingerprint
    again = await asyncio.to_thread(town.atm, new, card, "withdraw", "30")
    assert (again.code, again.out) == (0, "WITHD ok, balance 70.00\n")
    assert again.err == (
        "Repeated: WITHD 30.00, which was cut short before. The money moves once; the balance is the one right after "
        "it.\n"
    )
    assert town.balance() == 70_00
    assert not record.exists()
    assert withdrawals(town) == [record.name.partition(".")[0]]
    another = await asyncio.to_thread(town.atm, new, card, "withdraw", "30")
    assert (another.code, another.out, another.err) == (0, "WITHD ok, balance 40.00\n", "")


def test_a_retry_by_another_path_to_the_card_is_the_same_request(town: Town) -> None:
    bank, card = town.bank(), town.account()
    link = card.with_name("link.card")
    link.symlink_to(card)
    request = DepositRequest(id=new_request_id(), amount=5_00)
    PendingRequests(card, read_card(card)).begin(request).release()  # as a killed ATM leaves it
    ended_here = town.atm(bank, link, "deposit", "5")
    assert (ended_here.code, ended_here.out) == (0, "DEPOS ok, balance 5.00\n")
    assert "Repeated: DEPOS 5.00, which was cut short before. The money moves once" in ended_here.err
    assert not link.with_name("link.card.pending").exists()
    assert list(card.with_name("alice.card.pending").iterdir()) == []


def withdrawals(town: Town) -> list[str]:
    """The ids under which money was withdrawn, in order."""
    ledger = sqlite3.connect(town.data_dir / "ledger.sqlite3")
    try:
        rows = ledger.execute("SELECT request_id FROM journal WHERE type = 'WITHD' ORDER BY entry").fetchall()
    finally:
        ledger.close()
    return [identity for (identity,) in rows]


async def test_another_command_leaves_the_old_request_to_its_repetition(town: Town) -> None:
    bank, card = town.bank(), town.account()
    async with proxy_before(bank) as proxy:
        console = await _console(town, town.atm_options(proxy.address, card))
        proxy.swallow = True
        console.stdin.write(b"DEPOS 30\n")
        async with asyncio.timeout(PATIENCE):
            await proxy.swallowed.wait()
        console.kill()
        await console.end()
    balance = 30_00  # the bank has moved it
    for other, change in ((("check",), 0), (("deposit", "1"), 1_00), (("withdraw", "30"), -30_00)):
        balance += change
        ended = await asyncio.to_thread(town.atm, bank, card, *other, "--json")
        assert "Still open: DEPOS 30.00. Run the same command again with this card, or open the" in ended.err
        assert json.loads(ended.out)["balance"] == f"{balance // 100}.00"
    again = await asyncio.to_thread(town.atm, bank, card, "deposit", "30", "--json")
    assert "Repeated: DEPOS 30.00, which was cut short before. The money moves once" in again.err
    assert json.loads(again.out) == {"type": "DEPOS", "ok": True, "balance": "30.00"}
    assert town.balance() == balance
    ended = await asyncio.to_thread(town.atm, bank, card, "check")
    assert (ended.out, ended.err) == ("CHECK ok, balance 1.00\n", "")


async def test_an_open_console_outlives_its_bank(town: Town) -> None:
    """The bank ends, in order and by kill -9, and comes back at its address: the console goes on."""
    bank, card = town.bank(), town.account()
    console = await _console(town, town.atm_options(bank, card))
    balance = 0
    for number in (signal.SIGTERM, signal.SIGKILL):
        await asyncio.to_thread(bank.stop, number)
        bank = await asyncio.to_thread(lambda address: town.bank(listen=address), bank.address)
        console.stdin.write(b"DEPOS 5\n")
        balance += 5
        assert await console.stdout.readline() == f"DEPOS ok, balance {balance}.00\n".encode()
    code, out, err = await console.end()
    assert (code, out) == (0, b"")
    assert b"suitecase:" not in err
    assert town.balance() == balance * 100


class Console:
    """An ATM's console in a pipe, after its welcome."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.stdin, self.stdout = process.stdin, process.stdout
        self.kill = process.kill
        self._process = process

    async def end(self) -> tuple[int | None, bytes, bytes]:
        """Close its input and wait; gives the exit code and what it had still to say."""
        async with asyncio.timeout(PATIENCE):
            out, err = await self._process.communicate(b"")
        return self._process.returncode, out, err


async def _console(town: Town, options: list[object]) -> Console:
    process = await asyncio.create_subprocess_exec(
        *town.programs.command("atm", *options),
        cwd=town.programs.folder,
        env=town.programs.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    while b"EXPERIMENTAL" not in await process.stderr.readline():
        pass
    return Console(process)


async def test_a_hundred_atms_on_one_account(town: Town, registry: Registry) -> None:
    """All have their channels open; each deposits 3 and withdraws 1: the sum is exact, and no answer is lost."""
    card_path, bank = town.account(), town.bank("--quiet")
    card = read_card(card_path)
    suite = Suite.parse(QUICK_SUITE, registry)
    address = BankAddress(*host_and_port(bank.address), suite, read_bank_key(town.data_dir / "bank.pub", QUICK_SUITE))
    spare = [suite.key_exchange.generate_key_pair() for _ in range(2)]

    doors = asyncio.Semaphore(8)  # a handshake has a deadline; that all begin in one moment is not what is tried
    inside = asyncio.Barrier(100)

    async def visit(number: int) -> None:
        # Making a hundred key pairs is not what is tried either: each pair serves fifty channels, as no program does.
        def take() -> KeyPair:
            return spare[number % 2]

        atm = Teller.at(address, card, card_path, take)
        async with doors:
            await atm.connect()
        await inside.wait()
        for make, amount in ((DepositRequest, 3), (WithdrawRequest, 1)):
            with atm.begin(make(id=new_request_id(), amount=amount)) as pending:
                assert (await atm.settle(pending)).ok
                pending.done()
        await atm.close()

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(visit(number) for number in range(100)))
    assert bank.stop() == 0
    assert bank.log.count("WARNING") == 2  # the suite's, and nothing else
    assert town.balance() == 200
    assert list(card_path.with_name("alice.card.pending").iterdir()) == []


def test_a_dozen_programs_with_one_card(town: Town) -> None:
    bank, card = town.bank(), town.account()
    options = town.atm_options(bank, card)
    processes = [town.programs.start("atm", *options, "deposit", f"{number}.01") for number in range(1, 13)]
    endings = [ended(process) for process in processes]
    assert [ending.code for ending in endings] == [0] * 12
    assert all(ending.err == "" for ending in endings)
    assert town.balance() == sum(range(1, 13)) * 100 + 12
    balances = sorted(float(ending.out.rsplit(maxsplit=1)[1]) for ending in endings)
    assert balances[-1] == 78.12
    assert list(card.with_name("alice.card.pending").iterdir()) == []


def test_of_three_newcomers_at_once_one_has_the_bank_and_the_others_are_told(programs: Programs) -> None:
    """In a data directory that is not there yet. A bank that is ending is waited for; every deposit counts."""
    options = ("--suite", QUICK_SUITE, "--data-dir", "new")
    first = programs.start(*options)
    wait_until((programs.folder / "new" / "bank.pub").exists)  # it is made by whoever has the directory
    others = [ended(programs.start(*options), "DEPOS 1\n" * 5) for _ in range(2)]
    assert [(other.code, other.out) for other in others] == [(2, "")] * 2
    assert all("Another bank runs on the data directory new; end it first" in other.err for other in others)
    served = ended(first, "DEPOS 1\n" * 5)
    assert (served.code, served.out.count("ok")) == (0, 5)
    at_once = [programs.start(*options) for _ in range(3)]
    endings = [ended(process, "DEPOS 1\n" * 5) for process in at_once]
    served_now = [ending for ending in endings if ending.code == 0]
    assert served_now
    assert {ending.code for ending in endings} <= {0, 2}
    assert programs.run_warm(*options, given="CHECK\n").out == f"CHECK ok, balance {5 + 5 * len(served_now)}.00\n"


@pytest.mark.parametrize("moment", range(3))
def test_an_atm_killed_at_any_moment_is_settled_by_the_next(town: Town, moment: int) -> None:
    """Before it has said anything, while it asks, and while its answer is on the way: at most once each, never lost."""
    bank, card = town.bank(), town.account()
    options = town.atm_options(bank, card)
    pending = Path(f"{card}.pending")
    process = town.programs.start("atm", *options, "deposit", "10")
    if moment:
        wait_until(lambda: pending.exists() and (moment == 1 or town.balance() > 0))
    process.kill()
    process.communicate()
    left = list(pending.glob(f"{'?' * 32}.*")) if pending.exists() else []
    moved = town.balance()
    check = town.atm(bank, card, "check")
    assert check.code == 0
    assert ("Still open: DEPOS 10.00" in check.err) == _was_sent(left)
    again = town.atm(bank, card)
    assert again.code == 0
    assert town.balance() in ({1000} if moved or _was_sent(left) else {0})
    assert ("was cut short before; the bank answered" in again.err) == _was_sent(left)


INTERRUPTED_WHEN_FORGOTTEN = """
import os, signal, sys
import app.atm.pending.request
plain = app.atm.pending.request.sync_directory
def interrupted(path):
    plain(path)
    if sys._getframe(1).f_code.co_name == "done":
        os.kill(os.getpid(), int(os.environ["NUMBER"]))
app.atm.pending.request.sync_directory = interrupted
from app.__main__ import main
main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_atm_is_ended_when_its_request_is_just_forgotten(town: Town, number: int) -> None:
    """The record has gone, so the answer has been told; and where it can be, the exit code is the answer's."""
    bank, card = town.bank(), town.account()
    options = [str(option) for option in town.atm_options(bank, card)]

    def run(*request: str, given: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*town.programs.python, "-c", INTERRUPTED_WHEN_FORGOTTEN, "atm", *options, *request],
            cwd=town.programs.folder,
            env={**town.programs.environment, "NUMBER": str(int(number))},
            input=given,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    done = run("deposit", "5")
    assert done.stdout == "DEPOS ok, balance 5.00\n"
    assert done.returncode == (-number if number == signal.SIGKILL else 0)
    assert done.stderr == ""
    console = run(given="DEPOS 7\nDEPOS 9\n")
    assert console.stdout == "DEPOS ok, balance 12.00\n"
    assert "remembered" not in console.stderr
    assert list(Path(f"{card}.pending").iterdir()) == []
    assert town.balance() == 12_00


def _was_sent(records: list[Path]) -> bool:
    return any(not record.name.endswith(".new") for record in records if record.name != LOCK_FILE)
