"""`suitecase` without a command."""

import typer

from app.cli.demo import DEMO_CARD
from app.cli.demo.child import bank_child
from app.cli.preparation import settings_of, suite_of
from app.credentials.address import host_and_port
from app.credentials.bank_file import read_bank_file
from app.credentials.card import read_card
from app.credentials.keystore import PUBLIC_FILE
from app.credentials.public_key import fingerprint
from app.system.errors import ChangedKeyError, ChannelFailedError
from app.system.signals import ending_in_order
from framework import EphemeralPool


def run_main_job(ctx: typer.Context) -> int:
    """Start a bank, and be its ATM; gives the exit code. Raises UserError.

    What both processes need is imported before the fork, and what one of them needs in that one.
    """
    settings = settings_of(ctx)
    suite = suite_of(settings)
    with bank_child(suite, settings) as child:
        pool = EphemeralPool(suite.key_exchange)
        try:
            from app.atm.bank_address import BankAddress  # while the bank starts, on the other core
            from app.atm.console import converse_with
            from app.atm.waiting import waiting_for_the_bank

            with ending_in_order(), waiting_for_the_bank():
                address, announced = child.announcement()
            file = read_bank_file(settings.bank_directory / PUBLIC_FILE)
            public_key = file.key_for(suite.name)
            if fingerprint(public_key) != announced:
                raise ChangedKeyError(
                    f"The bank announced {announced}, and its {PUBLIC_FILE} holds another key; start again."
                )
            card_path = settings.bank_directory / DEMO_CARD
            card = read_card(card_path)
            bank = BankAddress(*host_and_port(address), suite, public_key, file.bank)
            return converse_with(bank, card, card_path, pool.take, as_json=ctx.obj["as_json"])
        except ChannelFailedError as error:
            raise child.explain(error) from None
        finally:
            pool.close()
