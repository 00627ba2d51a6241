"""The main job's ATM, in the process that was started."""

from app.atm.bank_address import BankAddress
from app.atm.console import converse_with
from app.atm.waiting import waiting_for_the_bank
from app.cli.demo import DEMO_CARD
from app.cli.demo.child import BankChild
from app.configuration.settings import Settings
from app.credentials.address import host_and_port
from app.credentials.bank_file import read_bank_file
from app.credentials.card import read_card
from app.credentials.keystore import PUBLIC_FILE
from app.credentials.public_key import fingerprint
from app.system.errors import ChangedKeyError, ChannelFailedError
from app.system.signals import ending_in_order
from framework import EphemeralPool, Suite


def converse(child: BankChild, suite: Suite, settings: Settings, *, as_json: bool) -> int:
    """Talk to the bank with the demo card; gives the exit code. Raises UserError."""
    pool = EphemeralPool(suite.key_exchange)
    try:
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
        return converse_with(bank, card, card_path, pool.take, as_json=as_json)
    except ChannelFailedError as error:
        raise child.explain(error) from None
    finally:
        pool.close()
