"""`suitecase atm`: one request, or the console."""

from difflib import get_close_matches
from itertools import takewhile
from typing import Annotated, Any

import typer

from app.atm.bank_address import BankAddress
from app.atm.commands import read_action
from app.atm.console import converse_with
from app.atm.trust import known_bank
from app.cli.options import (
    EXIT_CODES,
    AllowOption,
    BankKeyOption,
    CardOption,
    Command,
    ConfigOption,
    ConnectOption,
    JsonOption,
    KnownBanksOption,
    LogJsonOption,
    SuiteOption,
)
from app.cli.preparation import settings_of, suite_of
from app.cli.table import new_program
from app.credentials.address import host_and_port
from app.credentials.card import read_card
from app.system.errors import InputError
from framework import EphemeralPool


class AtmCommand(Command):
    """A command whose arguments may begin with `-`, as a negative amount does, and whose options are still checked."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse a word that begins with `--` and is no option; the parser would take it for an argument."""
        options = {name: option for option in self.get_params(ctx) for name in option.opts if name.startswith("--")}
        words = takewhile("--".__ne__, args)
        for word in words:
            name, is_whole, _ = word.partition("=")
            if name in options:
                if not is_whole and not getattr(options[name], "is_flag", False):
                    next(words, None)  # its value
            elif name.startswith("--"):
                near = get_close_matches(name, options, n=1)
                ctx.fail(f"No such option: {name}{f' (Possible options: {near[0]})' if near else ''}")
        return super().parse_args(ctx, args)


app = new_program()


@app.command(
    cls=AtmCommand,
    context_settings={"ignore_unknown_options": True},
    epilog=f"""\b
Examples:
  suitecase atm --connect 127.0.0.1:7000 --bank-key bank/bank.pub \\
                --card alice.card deposit 50
  suitecase atm --connect 127.0.0.1:7000 --known-banks banks \\
                --card alice.card

A request that moves money is remembered beside the card until its answer is written. If that does not come about,
running the same command again completes that request, and the money moves once. Other commands leave it alone and say
that it is open. The console completes all that are open, and says what the bank answered.

{EXIT_CODES}""",
)
def atm(
    ctx: typer.Context,
    action: Annotated[
        str | None, typer.Argument(metavar="[check | deposit AMOUNT | withdraw AMOUNT]", hidden=True)
    ] = None,
    amount: Annotated[str | None, typer.Argument(hidden=True)] = None,
    suite: SuiteOption = None,
    connect: ConnectOption = None,
    known_banks: KnownBanksOption = None,
    bank_key: BankKeyOption = None,
    card: CardOption = None,
    as_json: JsonOption = False,
    log_json: LogJsonOption = False,
    allow_plugin: AllowOption = None,
    config: ConfigOption = None,
) -> int:
    """Talk to a bank: check, deposit AMOUNT or withdraw AMOUNT; without one of these, the console.

    The bank is known by its bank.pub or by a known-banks file. Where both are given, they must agree.
    """
    settings = settings_of(
        ctx,
        suite=suite,
        connect=connect,
        known_banks=known_banks,
        bank_key=bank_key,
        card=card,
        log_json=log_json,
        allow_plugin=allow_plugin,
        config=config,
    )
    request = None if action is None else read_action(action, amount)
    if settings.connect is None:
        raise InputError("Which bank? Give its address with --connect HOST:PORT.")
    if settings.card is None:
        raise InputError("Which card? Give its file with --card FILE.")
    chosen = suite_of(settings)
    held = read_card(settings.card)
    known = known_bank(
        settings.connect,
        chosen.name,
        bank_key=settings.bank_key,
        known_banks=settings.known_banks,
        public_key_size=chosen.key_exchange.public_key_size,
    )
    address = BankAddress(*host_and_port(settings.connect), chosen, known.keys[chosen.name], known)
    as_json = as_json or ctx.obj["as_json"]
    if request is not None:  # one channel: what a pool makes ahead would be thrown away
        make = chosen.key_exchange.generate_key_pair
        return converse_with(address, held, settings.card, make, as_json=as_json, request=request)
    pool = EphemeralPool(chosen.key_exchange)
    try:
        return converse_with(address, held, settings.card, pool.take, as_json=as_json)
    finally:
        pool.close()
