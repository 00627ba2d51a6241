"""The command line. Every refusal is one sentence on standard error and an exit code (see README).

This module is read at every start, and a command's own when it is called: so the program starts quickly.
"""

from typing import Annotated

import typer

from app.cli.options import (
    EXIT_CODES,
    AllowOption,
    ConfigOption,
    DataDirOption,
    JsonOption,
    LogJsonOption,
    SuiteOption,
)
from app.cli.table import CommandTable, Entry, new_program
from app.configuration.environment import JSON, is_set

_KIT = "framework.contract.cli"


class Commands(CommandTable):
    """All commands, as `suitecase --help` lists them."""

    entries = (
        Entry("bank", "app.cli.bank", "Serve ATMs; back up and restore."),
        Entry("open-account", "app.cli.open_account", "Open an account and write its card."),
        Entry("atm", "app.cli.atm", "Talk to a bank: one request, or the console."),
        Entry("trust", "app.cli.trust", "Add a bank's key to a known-banks file."),
        Entry("suites", "app.cli.suites", "List every suite: strength, status and why."),
        Entry("plugins", "app.cli.plugins", "List every plugin: what it offers, and if it is allowed."),
        Entry("check-plugin", _KIT, "Hold a plugin against its contract."),
        Entry("explain", _KIT, "Tell what a check of the contract does, and why."),
        Entry("new-plugin", _KIT, "Write the package of a new plugin."),
        Entry("bench", "app.cli.bench.commands", "Measure speed beside a peer in the same run."),
    )


app = new_program(
    cls=Commands,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
)

EXAMPLES = """\b
Examples:
  suitecase
  suitecase --suite des3-bg-hmac --data-dir /tmp/bank
  printf 'DEPOS 50\\nCHECK\\n' | suitecase --json
"""
ENVIRONMENT = """\b
Each option of a bank or an ATM may also stand in the environment, as
SUITECASE_SUITE for --suite, and all of them but --config, --json and --quiet
in a configuration file, as suite = "des3-bg-hmac". Options win over the
environment, and the environment over the file. Without --config that is
suitecase.toml in the user's configuration directory (~/.config/suitecase on
Linux). One in the current directory may set suite, listen and log_json alone.
"""


def _show_version(wanted: bool) -> None:
    if wanted:
        from app.cli.version import show_version

        show_version()
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
]


@app.callback(invoke_without_command=True, epilog=f"{EXAMPLES}\n{ENVIRONMENT}\n{EXIT_CODES}")
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
    from app.cli.demo.main_job import run_main_job

    return run_main_job(ctx)
