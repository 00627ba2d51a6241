"""`suitecase bank restore`."""

from pathlib import Path
from typing import Annotated

import typer

from app.bank.backup import restore as put_back
from app.cli.options import Command, ConfigOption, DataDirOption
from app.cli.preparation import settings_of
from app.cli.table import new_program
from app.system.output import write_err, write_out
from framework.printable import printable

app = new_program()


@app.command(
    cls=Command,
    epilog="""\b
Example:
  suitecase bank restore --data-dir bank backups/monday
""",
)
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
    done = put_back(source, settings_of(ctx, data_dir=data_dir, config=config).bank_directory)
    for remark in done.remarks:
        write_err(f"{printable(remark)}\n")
    write_out(f"backup {source} is restored: accounts {done.audit.accounts}, entries {done.audit.entries}\n")
    if done.aside is not None:
        write_out(f"what was there is kept in {done.aside}\n")
    return 0
