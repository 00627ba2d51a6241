"""Attack 52: the bank is killed, with no time to clean up, between taking a withdrawal and answering it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.atm.bank_address import BankAddress
from app.atm.teller import Teller
from app.credentials.keystore import read_bank_key
from app.ledger import LEDGER_FILE, Ledger
from app.system.errors import ChannelFailedError
from tests.attacks.attack import Attack, Outcome, SurpriseError, expect, expect_same, variants
from tests.attacks.network import HostileProxy
from tests.attacks.requests import DES3, OPENING_BALANCE, accepted, deposit, withdraw
from tests.attacks.scene import asked
from tests.attacks.stage import Stage
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
async def running_bank(stage: Stage, data_dir: Path, dies: str) -> AsyncIterator[HostileProxy]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-c", BANK, DES3, str(data_dir), dies),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        if process.stdout is None:
            raise RuntimeError("the bank has no standard output")
        port = int(await process.stdout.readline())
        async with HostileProxy("127.0.0.1", port, stage.observe) as proxy:
            yield proxy
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def killed_in_mid_withdrawal(stage: Stage) -> None:
    """One bank dies before the ledger was written, the next one after; the third settles what both left open."""
    suite = stage.suite(DES3)
    data_dir, card_path = stage.directory / "data", stage.directory / "alice.card"
    with Ledger(data_dir / LEDGER_FILE) as ledger:
        card = open_account_with_card(ledger, "alice", card_path)
        apply(ledger, "alice", deposit(OPENING_BALANCE))

        def atm(proxy: HostileProxy) -> Teller:
            address = BankAddress(*proxy.address, suite, read_bank_key(data_dir / "bank.pub", DES3))
            return Teller.at(address, card, card_path, stage.props.ephemerals(suite))

        for dies, amount, left in (("before", 10_00, OPENING_BALANCE), ("after", 20_00, OPENING_BALANCE - 20_00)):
            async with running_bank(stage, data_dir, dies) as proxy:
                unlucky = atm(proxy)
                await unlucky.connect()
                try:
                    raise SurpriseError(f"a killed bank has answered: {await asked(unlucky, withdraw(amount))!r}")
                except ChannelFailedError as error:
                    expect("not known" in str(error), "the ATM says that the outcome is not known")
                await unlucky.close()
            expect_same(ledger.balance("alice"), left, f"the balance of a bank that was killed {dies} it wrote")
            ledger.verify()

        async with running_bank(stage, data_dir, "never") as proxy:
            later = atm(proxy)
            for pending in later.unanswered():
                accepted(await later.settle(pending))
                later.forget(pending)
            expect_same(later.unanswered(), [], "what is left to settle")
            await later.close()
        ledger.verify()
        stage.note_moved(ledger.balance("alice") - OPENING_BALANCE)


ATTACK = Attack(
    52,
    "Killing the bank",
    "",
    "kills the bank, with no time to clean up, between taking a withdrawal and answering it",
    "All of it is done or nothing, whichever side of its one transaction the crash fell on. The ATM says that it does "
    "not know, and its retry at the bank's next life moves the money once.",
    tuple(variants(killed_in_mid_withdrawal, expected=Outcome(moved=-30_00))),
)
