"""`suitecase bench channel`."""

from typing import Annotated

import typer

from app.bench.channel import measure
from app.bench.machine import describe_machine
from app.cli.bench.options import AllowOption, JsonOption, RunsOption
from app.cli.bench.showing import progress_shown, show_figures
from app.cli.table import new_program
from app.configuration.settings import DEFAULT_SUITE

app = new_program()


@app.command()
def channel(
    as_json: JsonOption = False,
    suite: Annotated[
        str | None, typer.Option(metavar="SUITE", help="The suite to measure. [default: des3-bg-hmac]")
    ] = None,
    allow_plugin: AllowOption = None,
    megabytes: Annotated[int, typer.Option(metavar="N", min=1, help="MiB to send in bulk.")] = 256,
    runs: RunsOption = 3,
    seconds: Annotated[
        float, typer.Option(metavar="N", min=0.01, help="How long round trips are counted at a time.")
    ] = 2.0,
) -> int:
    """Measure a whole channel over loopback TCP between two processes, beside plain TCP, TLS 1.3 and SSH."""
    machine = describe_machine()
    with progress_shown() as progress:
        figures = measure(suite or DEFAULT_SUITE, tuple(allow_plugin or ()), megabytes * 2**20, runs, seconds, progress)
    show_figures(figures, machine, as_json=as_json)
    return 0
