"""`suitecase bank backup`."""

from pathlib import Path
from typing import Annotated

import typer

from app.bank.backup import back_up
from app.cli.options import Command, ConfigOption, DataDirOption
from app.cli.preparation import settings_of
from app.cli.table import new_program
from app.system.output import write_out

app = new_program()


@app.command(
    cls=Command,
    epilog="""\b
Example:
  suitecase bank backup --data-dir bank backups/monday
""",
)
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
    audit = back_up(settings_of(ctx, data_dir=data_dir, config=config).bank_directory, target)
    write_out(f"backup {target} is written and verified: accounts {audit.accounts}, entries {audit.entries}\n")
    return 0
