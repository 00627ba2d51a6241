"""Attack 52: the bank is killed, with no time to clean up, between taking a withdrawal and answering it.

A correct system has either done all of it or nothing, whichever side of its one transaction the crash fell on; the
ATM says that it does not know, and its retry at the bank's next life moves the money once.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.atm.bank_address import BankAddress
from app.atm.teller import Teller
from app.credentials.keystore import read_bank_key
from app.ledger import LEDGER_FILE, Ledger
from app.protocol.messages import Accepted
from app.system.errors import ChannelFailedError
from framework import Suite
from framework.registry import Registry
from tests.attacks.hostile_proxy import HostileProxy
from tests.attacks.scene import DES3, OPENING_BALANCE, Ephemerals, asked, deposit, withdraw
from tests.support.accounts import apply, open_account_with_card

BANK = """
import asyncio, os, signal, sys
from pathlib import Path
from app.bank.server import run_bank
from app.bank.session import BankSession
from framework import Suite, load_registry

suite_name, data_dir, dies = sys.argv[1:]
handle = BankSession.handle

async def handle_and_die(session, message):
    if b'"WITHD"' in message:
        if dies == "after":
            await handle(session, message)
        os.kill(os.getpid(), signal.SIGKILL)
    return await handle(session, message)

if dies != "never":
    BankSession.handle = handle_and_die
announce = lambda bank: print(bank.address.rpartition(":")[2], flush=True)
asyncio.run(run_bank(Suite.parse(suite_name, load_registry()), Path(data_dir), "127.0.0.1", 0, announce=announce))
"""


@asynccontextmanager
async def running_bank(data_dir: Path, dies: str) -> AsyncIterator[HostileProxy]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-c", BANK, DES3, str(data_dir), dies),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        async with HostileProxy("127.0.0.1", port) as proxy:
            yield proxy
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def test_killed_in_mid_withdrawal(tmp_path: Path, registry: Registry, ephemerals: Ephemerals) -> None:
    """One bank dies before the ledger was written, the next one after; the third settles what both left open."""
    suite = Suite.parse(DES3, registry)
    data_dir, card_path = tmp_path / "data", tmp_path / "alice.card"
    with Ledger(data_dir / LEDGER_FILE) as ledger:
        card = open_account_with_card(ledger, "alice", card_path)
        apply(ledger, "alice", deposit(OPENING_BALANCE))

        def atm(proxy: HostileProxy) -> Teller:
            address = BankAddress(*proxy.address, suite, read_bank_key(data_dir / "bank.pub", DES3))
            return Teller.at(address, card, card_path, ephemerals.source(suite))

        for dies, amount, left in (("before", 10_00, OPENING_BALANCE), ("after", 20_00, OPENING_BALANCE - 20_00)):
            async with running_bank(data_dir, dies) as proxy:
                unlucky = atm(proxy)
                await unlucky.connect()
                with pytest.raises(ChannelFailedError, match="not known"):
                    await asked(unlucky, withdraw(amount))
                await unlucky.close()
            assert ledger.balance("alice") == left
            ledger.verify()

        async with running_bank(data_dir, "never") as proxy:
            later = atm(proxy)
            for pending in later.unanswered():
                assert isinstance(await later.settle(pending), Accepted)
                pending.done()
            assert later.unanswered() == []
            await later.close()
        assert ledger.balance("alice") == OPENING_BALANCE - 30_00
        ledger.verify()
