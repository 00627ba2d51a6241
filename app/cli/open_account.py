"""`suitecase open-account`."""

from pathlib import Path
from typing import Annotated

import typer

from app.bank.enrolment import open_account as enrol
from app.cli.options import CardOption, Command, ConfigOption, DataDirOption
from app.cli.preparation import settings_of
from app.cli.table import new_program
from app.system.output import write_err, write_out
from framework.printable import printable

app = new_program()


@app.command(
    cls=Command,
    epilog="""\b
Example:
  suitecase open-account alice --data-dir bank --card alice.card
""",
)
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
    settings = settings_of(ctx, card=card, data_dir=data_dir, config=config)
    path = settings.card or Path(f"{name}.card")
    if enrol(settings.bank_directory, name, path):
        write_err(f"There was no ledger in {printable(str(settings.bank_directory))}: this account begins it.\n")
    write_out(f"account {name} is open; its card is {path}\n")
    return 0
