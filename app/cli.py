"""The command line. Every refusal is one sentence on standard error and an exit code (see README)."""

import asyncio
import logging
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from app.atm import Atm, BankAddress
from app.bank import Bank, run_bank
from app.bench.cli import app as bench_app
from app.card import Card, open_account_with_card, read_card
from app.catalogue import show_plugins, show_suites, warnings
from app.config import Settings, load_settings
from app.console import AtmConsole, Screen, money_request
from app.demo import bank_child, demo_card, sigterm_as_exit
from app.errors import ChangedKeyError, InputError, excerpt
from app.keystore import PUBLIC_FILE, fingerprint, read_bank_key
from app.known_banks import KnownBanks, canonical_address
from app.ledger import LEDGER_FILE, Ledger
from app.logs import configure_logging
from app.messages import AccountRequest, CheckRequest, new_request_id
from app.refusals import refusing_with_a_sentence
from framework import Suite, load_registry
from framework.aio import EphemeralPool
from framework.registry import Registry

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="A bank and its ATMs over a secure channel whose cryptography is plugged in.",
)

app.add_typer(bench_app, name="bench")

SuiteOption = Annotated[
    str | None,
    typer.Option("--suite", metavar="SUITE", help="The suite, as `suites` lists them. [default: des3-bg-hmac]"),
]
DataDirOption = Annotated[
    Path | None, typer.Option("--data-dir", metavar="DIR", help="Where the bank keeps its ledger and keys.")
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option("--allow-plugin", metavar="NAME", help="Load this plugin of another distribution. May be repeated."),
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="A configuration file. [default: ./suitecase.toml]")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a reply on standard output.")]
LogJsonOption = Annotated[bool, typer.Option("--log-json", help="Logs as JSON objects, one a line.")]
CardOption = Annotated[Path | None, typer.Option("--card", metavar="FILE", help="The card file.")]
KnownBanksOption = Annotated[
    Path | None, typer.Option("--known-banks", metavar="FILE", help="Banks and their keys, a line each.")
]
BankKeyOption = Annotated[
    Path | None, typer.Option("--bank-key", metavar="FILE", help="The bank's public key: its bank.pub.")
]
ConnectOption = Annotated[str | None, typer.Option("--connect", metavar="HOST:PORT", help="Where the bank listens.")]


@app.callback(invoke_without_command=True)
@refusing_with_a_sentence
def main_job(
    ctx: typer.Context,
    suite: SuiteOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
    log_json: LogJsonOption = False,
    allow_plugin: AllowOption = None,
    config: ConfigOption = None,
) -> int:
    """Run a bank in a child process and an ATM console in this one.

    Without a command: the demo account is opened if it is not there, and the console takes CHECK, DEPOS amount,
    WITHD amount, HELP and QUIT, from a terminal or a pipe.
    """
    options = {
        "suite": suite,
        "data_dir": data_dir,
        "log_json": log_json or None,
        "allow_plugin": tuple(allow_plugin or ()),
        "config": config,
    }
    ctx.obj = options
    if ctx.invoked_subcommand is not None:
        return 0
    settings = _settings(ctx, level=logging.WARNING)
    registry = load_registry(settings.allow_plugin)
    chosen = Suite.parse(settings.suite, registry)
    with ExitStack() as stack:
        stack.enter_context(sigterm_as_exit())
        pool = EphemeralPool(chosen.key_exchange)
        stack.callback(pool.close)
        card, card_path = demo_card(settings.data_dir)
        address, announced = stack.enter_context(bank_child(_child_arguments(settings, chosen)))
        public_key = _bank_key(settings.data_dir / PUBLIC_FILE, chosen)
        if fingerprint(public_key) != announced:
            raise ChangedKeyError(
                f"The bank announced {announced}, and its {PUBLIC_FILE} holds another key; start again."
            )
        bank = _bank_address(address, chosen, public_key)
        return _dialogue(bank, card, card_path, pool, Screen(as_json=as_json), None)


@app.command()
@refusing_with_a_sentence
def bank(
    ctx: typer.Context,
    suite: SuiteOption = None,
    listen: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where to listen; port 0 picks one. [default: 127.0.0.1:0]")
    ] = None,
    data_dir: DataDirOption = None,
    log_json: LogJsonOption = False,
    allow_plugin: AllowOption = None,
    config: ConfigOption = None,
    until_stdin_closes: Annotated[
        bool, typer.Option("--until-stdin-closes", help="End when standard input does, as well as on SIGTERM.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Log warnings and errors alone.")] = False,
) -> int:
    """Serve ATMs until Ctrl-C or SIGTERM.

    Prints one line: listening on HOST:PORT SHA256:fingerprint. The public key lies in DIR/bank.pub.
    """
    settings = _settings(
        ctx,
        level=logging.WARNING if quiet else logging.INFO,
        suite=suite,
        listen=listen,
        data_dir=data_dir,
        log_json=log_json or None,
        allow_plugin=tuple(allow_plugin or ()),
        config=config,
    )
    chosen = Suite.parse(settings.suite, load_registry(settings.allow_plugin))
    host, port = _host_and_port(settings.listen, any_port=True)

    def announce(listening: Bank) -> None:
        sys.stdout.write(f"listening on {listening.address} {listening.fingerprint}\n")
        sys.stdout.flush()

    if not quiet:
        for warning in warnings(chosen):
            sys.stderr.write(f"suitecase: {warning}\n")
    asyncio.run(
        run_bank(chosen, settings.data_dir, host, port, announce=announce, until_stdin_closes=until_stdin_closes)
    )
    return 0


@app.command()
@refusing_with_a_sentence
def open_account(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The account's name: lower-case letters, digits and hyphens.")],
    card: CardOption = None,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
) -> int:
    """Open an account and write its card, while the bank runs or while it does not."""
    settings = _settings(ctx, level=logging.WARNING, card=card, data_dir=data_dir, config=config)
    path = settings.card or Path(f"{name}.card")
    with Ledger(settings.data_dir / LEDGER_FILE) as ledger:
        open_account_with_card(ledger, name, path)
    sys.stdout.write(f"account {name} is open; its card is {path}\n")
    return 0


@app.command(context_settings={"ignore_unknown_options": True})
@refusing_with_a_sentence
def atm(
    ctx: typer.Context,
    action: Annotated[str | None, typer.Argument(metavar="[check|deposit|withdraw]", help="One request.")] = None,
    amount: Annotated[str | None, typer.Argument(metavar="[AMOUNT]", help="Such as 50 or 12.34.")] = None,
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
    """Talk to a bank: one request, or without one the console."""
    settings = _settings(
        ctx,
        level=logging.WARNING,
        suite=suite,
        connect=connect,
        known_banks=known_banks,
        bank_key=bank_key,
        card=card,
        log_json=log_json or None,
        allow_plugin=tuple(allow_plugin or ()),
        config=config,
    )
    request = _one_request(action, amount)
    if settings.connect is None:
        raise InputError("Which bank? Give its address with --connect HOST:PORT.")
    if settings.card is None:
        raise InputError("Which card? Give its file with --card FILE.")
    chosen = Suite.parse(settings.suite, load_registry(settings.allow_plugin))
    held = read_card(settings.card)
    public_key = _known_key(settings, chosen)
    with ExitStack() as stack:
        stack.enter_context(sigterm_as_exit())
        pool = EphemeralPool(chosen.key_exchange)
        stack.callback(pool.close)
        address = _bank_address(settings.connect, chosen, public_key)
        return _dialogue(address, held, settings.card, pool, Screen(as_json=as_json), request)


@app.command()
@refusing_with_a_sentence
def trust(
    ctx: typer.Context,
    suite: SuiteOption = None,
    connect: ConnectOption = None,
    known_banks: KnownBanksOption = None,
    bank_key: BankKeyOption = None,
    config: ConfigOption = None,
) -> int:
    """Add a bank's key to a known-banks file. A key that is on record is never replaced."""
    settings = _settings(
        ctx,
        level=logging.WARNING,
        suite=suite,
        connect=connect,
        known_banks=known_banks,
        bank_key=bank_key,
        config=config,
    )
    if settings.connect is None or settings.known_banks is None or settings.bank_key is None:
        raise InputError("Give all of --connect HOST:PORT, --bank-key FILE and --known-banks FILE.")
    public_key = read_bank_key(settings.bank_key, settings.suite)
    KnownBanks(settings.known_banks).add(settings.connect, settings.suite, public_key)
    sys.stdout.write(f"{canonical_address(settings.connect)} is known by {fingerprint(public_key)}\n")
    return 0


@app.command()
@refusing_with_a_sentence
def suites(
    ctx: typer.Context, as_json: JsonOption = False, allow_plugin: AllowOption = None, config: ConfigOption = None
) -> int:
    """List every suite that the installed plugins make: strength, status, and the reason for a warning."""
    show_suites(_registry(ctx, allow_plugin, config), as_json=as_json)
    return 0


@app.command()
@refusing_with_a_sentence
def plugins(
    ctx: typer.Context, as_json: JsonOption = False, allow_plugin: AllowOption = None, config: ConfigOption = None
) -> int:
    """List every installed plugin: what it offers, distribution, version, and whether it is allowed."""
    show_plugins(_registry(ctx, allow_plugin, config), as_json=as_json)
    return 0


def _settings(ctx: typer.Context, *, level: int, **options: object) -> Settings:
    """Put options, environment and file together; options before the command serve where none stands after it."""
    before: dict[str, object] = ctx.obj or {}
    merged = before | {name: value for name, value in options.items() if value not in (None, ())}
    config = merged.pop("config", None)
    settings = load_settings(merged, config if isinstance(config, Path) else None)
    configure_logging(as_json=settings.log_json, level=level)
    return settings


def _registry(ctx: typer.Context, allow_plugin: list[str] | None, config: Path | None) -> Registry:
    settings = _settings(ctx, level=logging.WARNING, allow_plugin=tuple(allow_plugin or ()), config=config)
    return load_registry(settings.allow_plugin)


def _child_arguments(settings: Settings, suite: Suite) -> list[str]:
    arguments = ["--quiet", "--suite", suite.name, "--data-dir", str(settings.data_dir)]
    arguments += ["--log-json"] if settings.log_json else []
    for name in settings.allow_plugin:
        arguments += ["--allow-plugin", name]
    return arguments


def _one_request(action: str | None, amount: str | None) -> AccountRequest | None:
    """The request of `atm check|deposit|withdraw`; None for the console."""
    commands = {"check": "CHECK", "deposit": "DEPOS", "withdraw": "WITHD"}
    if action is None:
        return None
    if action not in commands:
        raise InputError(f"{excerpt(action)} is no request; the ATM knows check, deposit AMOUNT and withdraw AMOUNT.")
    if action == "check":
        if amount is not None:
            raise InputError("check takes nothing after it.")
        return CheckRequest(id=new_request_id())
    if amount is None:
        raise InputError(f"How much? Write {action} AMOUNT, such as {action} 12.34.")
    return money_request(commands[action], amount)


def _dialogue(
    bank: BankAddress, card: Card, card_path: Path, pool: EphemeralPool, screen: Screen, request: AccountRequest | None
) -> int:
    """Run the console, or one request, over a channel to the bank."""
    with asyncio.Runner() as runner:
        console = AtmConsole(Atm(bank, card, card_path, pool.take), screen, runner)
        try:
            if request is not None:
                return console.ask_once(request)
            console.enter()
            _welcome(bank, card, screen)
            return console.converse()
        finally:
            console.leave()


def _welcome(bank: BankAddress, card: Card, screen: Screen) -> None:
    suite = bank.suite
    screen.remark(f"suite {suite.name}, {suite.security_bits} bits; bank {bank.text}; account {card.account}")
    screen.remark(f"bank key {fingerprint(bank.public_key)}")
    for warning in warnings(suite):
        screen.remark(warning, "yellow")


def _known_key(settings: Settings, suite: Suite) -> bytes:
    """The bank's public key, from --bank-key or --known-banks; where both know one, they must agree."""
    if settings.bank_key is None and settings.known_banks is None:
        raise InputError("How is the bank known? Give its bank.pub with --bank-key FILE, or --known-banks FILE.")
    shown = None if settings.bank_key is None else _bank_key(settings.bank_key, suite)
    if settings.known_banks is None or settings.connect is None:
        return shown or b""
    known = KnownBanks(settings.known_banks)
    if shown is None:
        return known.require(settings.connect, suite.name)
    known.check(settings.connect, suite.name, shown)
    return shown


def _bank_key(path: Path, suite: Suite) -> bytes:
    return read_bank_key(path, suite.name, public_key_size=suite.key_exchange.public_key_size)


def _bank_address(text: str, suite: Suite, public_key: bytes) -> BankAddress:
    host, port = _host_and_port(text)
    return BankAddress(host, port, suite, public_key)


def _host_and_port(text: str, *, any_port: bool = False) -> tuple[str, int]:
    """Split `host:port`. Raises InputError."""
    host, _, port = text.rpartition(":")
    if any_port and port == "0" and host:
        return host.removeprefix("[").removesuffix("]"), 0
    host, _, port = canonical_address(text).rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)
