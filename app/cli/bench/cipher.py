"""`suitecase bench cipher`."""

from pathlib import Path
from typing import Annotated

import typer

from app.bench.cipher import measure
from app.bench.figures import Figure
from app.bench.machine import describe_machine
from app.bench.plot import plot as drawn
from app.cli.bench.options import JsonOption, RunsOption
from app.cli.bench.showing import progress_shown, show_figures
from app.cli.table import new_program
from app.system.errors import InputError

app = new_program()

PlotOption = Annotated[Path | None, typer.Option("--plot", metavar="FILE.svg", help="Draw speed against record size.")]


@app.command()
def cipher(
    as_json: JsonOption = False,
    plot: PlotOption = None,
    runs: RunsOption = 5,
    seconds: Annotated[
        float, typer.Option(metavar="N", min=0.001, help="How long each contender runs at a time.")
    ] = 0.1,
) -> int:
    """Measure each engine of Triple DES against the record's size, beside OpenSSL and PyCryptodome."""
    if plot is not None:
        _check_that_it_can_be_written(plot)
    machine = describe_machine()
    with progress_shown() as progress:
        figures = measure(runs, seconds, progress)
    show_figures(figures, machine, as_json=as_json)
    if plot is not None:
        _draw(figures, machine, plot)
    return 0


def _draw(figures: list[Figure], machine: str, path: Path) -> None:
    lines: dict[str, list[tuple[float, float]]] = {}
    for entry in figures:
        name, _, size = entry.name.rpartition(", ")
        if entry.unit == "MB/s":
            lines.setdefault(name, []).append((float(size.removesuffix(" B")), entry.value))
    path.write_text(drawn("Triple DES: speed against record size", machine, lines), encoding="utf-8")


def _check_that_it_can_be_written(path: Path) -> None:
    """Before the measuring, which takes its time."""
    try:
        with path.open("a"):
            pass
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}; name another file.") from None
