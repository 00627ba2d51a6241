"""The main job's bank, in its own process."""

import asyncio
from collections.abc import Callable

from app.bank.enrolment import ensure_account_with_card
from app.bank.server import Bank, run_bank
from app.cli.demo import DEMO_ACCOUNT, DEMO_CARD
from app.configuration.settings import Settings
from app.credentials.public_key import BankIdentity
from app.ledger import Enrolment
from app.system.log_thread import logging_in_background
from framework import Suite


def serve_atms(suite: Suite, settings: Settings, tell: Callable[[str, str], None]) -> None:
    """Serve on a free loopback port until standard input ends, with the demo account open and its card written.

    `tell` gets the address and the fingerprint of the key. Raises UserError and SuitecaseError.
    """
    directory = settings.bank_directory

    def announce(bank: Bank) -> None:
        tell(bank.address, bank.fingerprint)

    async def enrol(accounts: Enrolment, bank: BankIdentity) -> None:
        await ensure_account_with_card(accounts, DEMO_ACCOUNT, directory / DEMO_CARD, bank)

    with logging_in_background(as_json=settings.log_json):
        asyncio.run(run_bank(suite, directory, "127.0.0.1", 0, announce=announce, enrol=enrol, lifeline=0))
