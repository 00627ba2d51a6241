"""`suitecase bank`."""

import asyncio
import logging
from typing import Annotated

import typer

from app.bank.server import Bank, run_bank
from app.cli.options import (
    AllowOption,
    ConfigOption,
    DataDirOption,
    ListenOption,
    LogJsonOption,
    SuiteOption,
)
from app.cli.preparation import settings_of, suite_of
from app.cli.table import CommandTable, Entry, new_program
from app.configuration.environment import QUIET, is_set
from app.credentials.address import host_and_any_port
from app.protocol.cautions import warnings
from app.system.log_thread import logging_in_background
from app.system.output import write_out
from app.system.signals import ending_in_order

logger = logging.getLogger("suitecase.bank")


class Commands(CommandTable):
    """What can be done with a bank besides serving."""

    entries = (
        Entry("backup", "app.cli.backup", "Copy ledger and keys, of a bank that runs or not."),
        Entry("restore", "app.cli.restore", "Put a backup in the place of what is there."),
    )


app = new_program(cls=Commands)


@app.callback(
    invoke_without_command=True,
    epilog="""\b
Examples:
  suitecase bank --listen 127.0.0.1:7000 --data-dir bank
  suitecase bank backup --data-dir bank backups/monday
""",
)
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
    settings = settings_of(
        ctx,
        level=logging.WARNING if quiet or is_set(QUIET) else logging.INFO,
        suite=suite,
        listen=listen,
        data_dir=data_dir,
        log_json=log_json,
        allow_plugin=allow_plugin,
        config=config,
    )
    host, port = host_and_any_port(settings.listen)
    chosen = suite_of(settings)

    def announce(listening: Bank) -> None:
        for warning in warnings(chosen):
            logger.warning("%s", warning)
        with ending_in_order():  # a pipe that is full keeps the loop from hearing of a signal
            write_out(f"listening on {listening.address} {listening.fingerprint}\n")

    with logging_in_background(as_json=settings.log_json):
        asyncio.run(run_bank(chosen, settings.bank_directory, host, port, announce=announce))
    return 0
