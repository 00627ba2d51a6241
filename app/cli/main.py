"""The command line. Every refusal is one sentence on standard error and an exit code (see README).

What a command needs is imported in it: the program starts quickly, and the main job's bank sooner still.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.backup import mount as mount_backup
from app.cli.bench import app as bench_app
from app.cli.kit import mount as mount_kit
from app.cli.options import (
    ENVIRONMENT,
    EXAMPLES,
    EXIT_CODES,
    AllowOption,
    AtmCommand,
    BankKeyOption,
    CardOption,
    Command,
    ConfigOption,
    ConnectOption,
    DataDirOption,
    JsonOption,
    KnownBanksOption,
    ListenOption,
    LogJsonOption,
    SuiteOption,
    VersionOption,
)
from app.cli.refusals import refusing_with_a_sentence
from app.configuration.environment import JSON, QUIET, is_set, unknown_variables
from app.system.errors import InputError, UserError
from app.system.output import printable, write_err, write_out

if TYPE_CHECKING:
    from app.bank.server import Bank
    from app.configuration.settings import Settings
    from framework import Registry, Suite

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
)
bank_app = typer.Typer(add_completion=False, rich_markup_mode=None)
app.add_typer(bench_app, name="bench", short_help="Measure speed beside a peer in the same run.")
app.add_typer(bank_app, name="bank")


@app.callback(invoke_without_command=True, epilog=f"{EXAMPLES}\n{ENVIRONMENT}\n{EXIT_CODES}")
@refusing_with_a_sentence
def main_job(
    ctx: typer.Context,
    suite: SuiteOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
    log_json: LogJsonOption = False,
    allow_plugin: AllowOption = None,
    config: ConfigOption = None,
    _version: VersionOption = False,
) -> int:
    """A bank and its ATMs over a secure channel whose cryptography is plugged in.

    Without a command, a bank starts in a child process and this one becomes an ATM: it opens a demo account with
    balance 0.00 if there is none, talks to the bank through the channel of the suite, and takes commands from
    the terminal or a pipe: CHECK, DEPOS amount, WITHD amount, HELP and QUIT.
    """
    ctx.obj = {
        "suite": suite,
        "data_dir": data_dir,
        "as_json": as_json or is_set(JSON),
        "log_json": log_json or None,
        "allow_plugin": tuple(allow_plugin or ()),
        "config": config,
    }
    if ctx.invoked_subcommand is not None:
        return 0
    settings = _settings(ctx)
    chosen = _suite(settings)
    from app.cli.demo import run_demo

    return run_demo(settings, chosen, as_json=ctx.obj["as_json"])


@bank_app.callback(
    invoke_without_command=True,
    short_help="Serve ATMs; back up and restore.",
    epilog="""\b
Examples:
  suitecase bank --listen 127.0.0.1:7000 --data-dir bank
  suitecase bank backup --data-dir bank backups/monday
""",
)
@refusing_with_a_sentence
def bank(
    ctx: typer.Context,
    suite: SuiteOption = None,
    listen: ListenOption = None,
    data_dir: DataDirOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Log warnings and errors alone.")] = False,
    log_json: LogJsonOption = False,
    allow_plugin: AllowOption = None,
    config: ConfigOption = None,
) -> int:
    """Serve ATMs until Ctrl-C or SIGTERM; or, with a command, back a bank up or restore it.

    Prints one line on standard output when it is ready: listening on HOST:PORT SHA256:fingerprint, which is that of the
    key for its suite. Its public keys lie in DIR/bank.pub; give that file to those who run an ATM.
    """
    if ctx.invoked_subcommand is not None:
        given = {"data_dir": data_dir, "log_json": log_json, "config": config}
        ctx.obj |= {name: value for name, value in given.items() if value}
        return 0
    settings = _settings(
        ctx,
        level=logging.WARNING if quiet or is_set(QUIET) else logging.INFO,
        suite=suite,
        listen=listen,
        data_dir=data_dir,
        log_json=log_json,
        allow_plugin=allow_plugin,
        config=config,
    )
    from app.credentials.address import host_and_any_port

    host, port = host_and_any_port(settings.listen)
    chosen = _suite(settings)
    import asyncio

    from app.bank.server import run_bank
    from app.protocol.cautions import warnings
    from app.system.log_thread import logging_in_background
    from app.system.signals import ending_in_order

    def announce(listening: "Bank") -> None:
        for warning in warnings(chosen):
            logging.getLogger("suitecase.bank").warning("%s", warning)
        with ending_in_order():  # a pipe that is full keeps the loop from hearing of a signal
            write_out(f"listening on {listening.address} {listening.fingerprint}\n")

    with logging_in_background(as_json=settings.log_json):
        asyncio.run(run_bank(chosen, settings.bank_directory, host, port, announce=announce))
    return 0


@app.command(
    cls=Command,
    short_help="Open an account and write its card.",
    options_metavar="[OPTIONS] NAME",
    epilog="""\b
Example:
  suitecase open-account alice --data-dir bank --card alice.card
""",
)
@refusing_with_a_sentence
def open_account(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", hidden=True)],
    card: CardOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
) -> int:
    """Open an account and write its card, while the bank runs or while it does not.

    NAME is made of lower-case letters, digits and hyphens. The card is a file with a secret, and whoever has it has the
    money; without --card it is NAME.card. It is shown to this bank alone. What was sent and not answered is remembered
    beside it, in CARD.pending: move both together, and repeat a command with the same card. A copy of the card knows
    nothing of it, and would move the money again.
    """
    settings = _settings(ctx, card=card, data_dir=data_dir, config=config)
    from app.bank.enrolment import open_account as enrol

    path = settings.card or Path(f"{name}.card")
    if enrol(settings.bank_directory, name, path):
        write_err(f"There was no ledger in {printable(str(settings.bank_directory))}: this account begins it.\n")
    write_out(f"account {name} is open; its card is {path}\n")
    return 0


@app.command(
    cls=AtmCommand,
    short_help="Talk to a bank: one request, or the console.",
    options_metavar="[OPTIONS] [check | deposit AMOUNT | withdraw AMOUNT]",
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
@refusing_with_a_sentence
def atm(
    ctx: typer.Context,
    action: Annotated[str | None, typer.Argument(hidden=True)] = None,
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
    settings = _settings(
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
    from app.atm.commands import read_action

    request = None if action is None else read_action(action, amount)
    if settings.connect is None:
        raise InputError("Which bank? Give its address with --connect HOST:PORT.")
    if settings.card is None:
        raise InputError("Which card? Give its file with --card FILE.")
    chosen = _suite(settings)
    from app.atm.bank_address import BankAddress
    from app.atm.console import converse_with
    from app.atm.trust import known_bank
    from app.credentials.address import host_and_port
    from app.credentials.card import read_card
    from framework import EphemeralPool

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


@app.command(
    short_help="Add a bank's key to a known-banks file.",
    epilog="""\b
Example:
  suitecase trust --connect 127.0.0.1:7000 --bank-key bank/bank.pub \\
                  --known-banks banks
""",
)
@refusing_with_a_sentence
def trust(
    ctx: typer.Context,
    suite: SuiteOption = None,
    connect: ConnectOption = None,
    known_banks: KnownBanksOption = None,
    bank_key: BankKeyOption = None,
    config: ConfigOption = None,
) -> int:
    """Add a bank's key to a known-banks file.

    Compare the fingerprint with the one that the bank prints after `listening on`, which is that of the key for its
    suite; the one of its identity, in its log, is another. A key that is on record is never replaced. What the file
    says of the bank's identity is added to a line that an earlier version wrote.
    """
    settings = _settings(ctx, suite=suite, connect=connect, known_banks=known_banks, bank_key=bank_key, config=config)
    if settings.connect is None or settings.known_banks is None or settings.bank_key is None:
        raise InputError("Give all of --connect HOST:PORT, --bank-key FILE and --known-banks FILE.")
    from app.atm.trust import trust_bank

    line, remark = trust_bank(
        settings.connect, settings.suite, bank_key=settings.bank_key, known_banks=settings.known_banks
    )
    write_out(f"{line}\n")
    if remark:
        write_err(f"{printable(remark)}\n")
    return 0


@app.command(short_help="List every suite: strength, status and why.")
@refusing_with_a_sentence
def suites(
    ctx: typer.Context, as_json: JsonOption = False, allow_plugin: AllowOption = None, config: ConfigOption = None
) -> int:
    """List every suite that the installed plugins make: strength, status, and the reason for a warning."""
    registry = _registry(_settings(ctx, allow_plugin=allow_plugin, config=config))
    from app.cli.catalogue import show_suites

    show_suites(registry, as_json=as_json or ctx.obj["as_json"])
    for plugin in registry.plugins:
        if plugin.error:
            logging.getLogger("suitecase.plugins").warning("it makes no suite: %s", plugin.error)
    return 0


@app.command(short_help="List every plugin: what it offers, and if it is allowed.")
@refusing_with_a_sentence
def plugins(
    ctx: typer.Context, as_json: JsonOption = False, allow_plugin: AllowOption = None, config: ConfigOption = None
) -> int:
    """List every installed plugin: what it offers, distribution, version, and whether it is allowed."""
    registry = _registry(_settings(ctx, allow_plugin=allow_plugin, config=config))
    from app.cli.catalogue import show_plugins

    show_plugins(registry, as_json=as_json or ctx.obj["as_json"])
    return 0


mount_kit(app)
mount_backup(bank_app, lambda ctx, data_dir, config: _settings(ctx, data_dir=data_dir, config=config).bank_directory)


def _settings(ctx: typer.Context, *, level: int = logging.WARNING, **options: object) -> "Settings":
    """Put options, environment and file together; an option before the command serves where none stands after it."""
    from app.configuration.settings import Settings, load_settings
    from app.system.logs import configure_logging

    merged = ctx.obj | {name: value for name, value in options.items() if value not in (None, False, [])}
    merged.pop("as_json")
    settings = load_settings(merged, merged.pop("config"))
    configure_logging(as_json=settings.log_json, level=level)
    for sentence in unknown_variables(Settings.model_fields):
        logging.getLogger("suitecase.environment").warning("%s", sentence)
    for sentence in settings.ignored():
        logging.getLogger("suitecase.config").warning("%s", sentence)
    return settings


def _registry(settings: "Settings") -> "Registry":
    from framework import ConfigurationError, load_registry

    try:
        registry = load_registry(settings.allow_plugin)
    except ConfigurationError as error:
        raise UserError(f"The plugins cannot be loaded: {error}; `plugins` lists what is installed.") from None
    for sentence in registry.left_out:
        logging.getLogger("suitecase.plugins").warning("%s", sentence)
    return registry


def _suite(settings: "Settings") -> "Suite":
    from framework import ConfigurationError, Suite

    registry = _registry(settings)
    try:
        return Suite.parse(settings.suite, registry)
    except ConfigurationError as error:
        origin = settings.origin_of("suite")
        raise UserError(f"{origin} is not usable: {error}; `suites` lists what there is.") from None
