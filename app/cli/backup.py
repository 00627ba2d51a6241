"""`bank backup` and `bank restore`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import Command, ConfigOption, DataDirOption
from app.cli.refusals import refusing_with_a_sentence
from app.system.output import printable, write_err, write_out

DataDirectory = Callable[[typer.Context, str | None, str | None], Path]
"""Tells the data directory of a command, from its options --data-dir and --config and from the settings."""


def mount(bank: typer.Typer, data_directory: DataDirectory) -> None:
    """Add the commands to those of `bank`."""

    @bank.command(
        cls=Command,
        short_help="Copy ledger and keys, of a bank that runs or not.",
        options_metavar="[OPTIONS] TARGET",
        epilog="""\b
Example:
  suitecase bank backup --data-dir bank backups/monday
""",
    )
    @refusing_with_a_sentence
    def backup(
        ctx: typer.Context,
        target: Annotated[Path, typer.Argument(metavar="TARGET", hidden=True)],
        data_dir: DataDirOption = None,
        config: ConfigOption = None,
    ) -> int:
        """Copy the ledger, all keys and bank.pub into the new directory TARGET, all of it or nothing.

        A bank that runs goes on meanwhile. The copy is consistent and verified: nothing is written when a
        key of the bank is missing or damaged. It is as secret as the bank itself.
        """
        from app.bank.backup import back_up  # the ledger takes its time

        audit = back_up(data_directory(ctx, data_dir, config), target)
        write_out(f"backup {target} is written and verified: accounts {audit.accounts}, entries {audit.entries}\n")
        return 0

    @bank.command(
        cls=Command,
        short_help="Put a backup in the place of what is there.",
        options_metavar="[OPTIONS] SOURCE",
        epilog="""\b
Example:
  suitecase bank restore --data-dir bank backups/monday
""",
    )
    @refusing_with_a_sentence
    def restore(
        ctx: typer.Context,
        source: Annotated[Path, typer.Argument(metavar="SOURCE", hidden=True)],
        data_dir: DataDirOption = None,
        config: ConfigOption = None,
    ) -> int:
        """Put the backup SOURCE in the place of the ledger and the keys of a bank that does not run.

        SOURCE is verified first. What it replaces is moved aside in the data directory, and nothing is deleted. A key
        that SOURCE does not have stays in use. What the bank has confirmed since the backup is not in it.
        """
        from app.bank.backup import restore as put_back

        done = put_back(source, data_directory(ctx, data_dir, config))
        for remark in done.remarks:
            write_err(f"{printable(remark)}\n")
        write_out(f"backup {source} is restored: accounts {done.audit.accounts}, entries {done.audit.entries}\n")
        if done.aside is not None:
            write_out(f"what was there is kept in {done.aside}\n")
        return 0
