"""`suitecase bench ledger`."""

from pathlib import Path
from typing import Annotated

import typer

from app.bench.ledger import measure
from app.bench.machine import describe_machine
from app.cli.bench.options import AllowOption, JsonOption, RunsOption
from app.cli.bench.showing import progress_shown, show_figures
from app.cli.table import new_program
from app.configuration.settings import DEFAULT_SUITE

app = new_program()


@app.command()
def ledger(
    as_json: JsonOption = False,
    suite: Annotated[
        str | None, typer.Option(metavar="SUITE", help="The suite of the channels. [default: des3-bg-hmac]")
    ] = None,
    allow_plugin: AllowOption = None,
    directory: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the ledgers lie meanwhile: on the disk to measure. [default: here]"),
    ] = None,
    runs: RunsOption = 3,
    seconds: Annotated[
        float, typer.Option(metavar="N", min=0.01, help="How long transactions are counted at a time.")
    ] = 2.0,
) -> int:
    """Measure deposits a second, of 1 ATM and of 50, in the ledger alone and through channels to a bank.

    Beside it the same requests, each with a sync of its own.
    """
    machine = describe_machine()
    with progress_shown() as progress:
        figures = measure(
            suite or DEFAULT_SUITE, tuple(allow_plugin or ()), directory or Path(), runs, seconds, progress
        )
    show_figures(figures, machine, as_json=as_json)
    return 0
