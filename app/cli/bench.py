"""`python -m app bench …`. What measures is imported when it is asked for: this file is read at every start."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.refusals import refusing_with_a_sentence
from app.system.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

    from app.bench.figures import Figure
    from app.bench.progress import PeerMissing

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="Measure, beside a peer in the same run; ratios are what to quote.",
)

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a figure on standard output.")]
RunsOption = Annotated[
    int, typer.Option("--runs", metavar="N", min=1, help="How often each figure is measured; the median counts.")
]
PlotOption = Annotated[Path | None, typer.Option("--plot", metavar="FILE.svg", help="Draw speed against record size.")]


@app.command(short_help="Measure Triple DES against the record's size.")
@refusing_with_a_sentence
def cipher(
    as_json: JsonOption = False,
    plot: PlotOption = None,
    runs: RunsOption = 5,
    seconds: Annotated[
        float, typer.Option(metavar="N", min=0.001, help="How long each contender runs at a time.")
    ] = 0.1,
) -> int:
    """Measure each engine of Triple DES against the record's size, beside OpenSSL and PyCryptodome."""
    from app.bench.cipher import measure
    from app.bench.machine import describe_machine

    if plot is not None:
        _check_that_it_can_be_written(plot)
    machine = describe_machine()
    with _progress() as progress:
        figures = measure(runs, seconds, progress)
    _show(figures, machine, as_json=as_json)
    if plot is not None:
        _draw(figures, machine, plot)
    return 0


@app.command(short_help="Measure a whole channel over loopback TCP.")
@refusing_with_a_sentence
def channel(
    as_json: JsonOption = False,
    suite: Annotated[
        str | None, typer.Option(metavar="SUITE", help="The suite to measure. [default: des3-bg-hmac]")
    ] = None,
    allow_plugin: Annotated[
        list[str] | None,
        typer.Option("--allow-plugin", metavar="NAME", help="Use this plugin of another distribution."),
    ] = None,
    megabytes: Annotated[int, typer.Option(metavar="N", min=1, help="MiB to send in bulk.")] = 256,
    runs: RunsOption = 3,
    seconds: Annotated[
        float, typer.Option(metavar="N", min=0.01, help="How long round trips are counted at a time.")
    ] = 2.0,
) -> int:
    """Measure a whole channel over loopback TCP between two processes, beside plain TCP, TLS 1.3 and SSH."""
    from app.bench.channel import measure
    from app.bench.machine import describe_machine
    from app.configuration.settings import DEFAULT_SUITE

    machine = describe_machine()
    with _progress() as progress:
        figures = measure(suite or DEFAULT_SUITE, tuple(allow_plugin or ()), megabytes * 2**20, runs, seconds, progress)
    _show(figures, machine, as_json=as_json)
    return 0


@app.command(short_help="Measure transactions of the bank's ledger.")
@refusing_with_a_sentence
def ledger(
    as_json: JsonOption = False,
    suite: Annotated[
        str | None, typer.Option(metavar="SUITE", help="The suite of the channels. [default: des3-bg-hmac]")
    ] = None,
    allow_plugin: Annotated[
        list[str] | None,
        typer.Option("--allow-plugin", metavar="NAME", help="Use this plugin of another distribution."),
    ] = None,
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
    from app.bench.ledger import measure
    from app.bench.machine import describe_machine
    from app.configuration.settings import DEFAULT_SUITE

    machine = describe_machine()
    with _progress() as progress:
        figures = measure(
            suite or DEFAULT_SUITE, tuple(allow_plugin or ()), directory or Path(), runs, seconds, progress
        )
    _show(figures, machine, as_json=as_json)
    return 0


def _show(figures: list["Figure"], machine: str, *, as_json: bool) -> None:
    from app.bench.figures import show

    if as_json:
        sys.stderr.write(machine + "\n")
    show(figures, as_json=as_json, title=machine)


def _draw(figures: list["Figure"], machine: str, path: Path) -> None:
    from app.bench.plot import plot

    lines: dict[str, list[tuple[float, float]]] = {}
    for entry in figures:
        name, _, size = entry.name.rpartition(", ")
        if entry.unit == "MB/s":
            lines.setdefault(name, []).append((float(size.removesuffix(" B")), entry.value))
    path.write_text(plot("Triple DES: speed against record size", machine, lines), encoding="utf-8")


def _check_that_it_can_be_written(path: Path) -> None:
    """Before the measuring, which takes its time."""
    try:
        with path.open("a"):
            pass
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}; name another file.") from None


class _Watcher:
    """Shows on a terminal what is being measured; says anywhere, on standard error, what does not run."""

    def __init__(self, console: "Console", status: "Status") -> None:
        self._console, self._status = console, status

    def measuring(self, what: str) -> None:
        self._status.update(f"measuring {what} (Ctrl-C stops)")

    def without(self, peer: str, why: "PeerMissing") -> None:
        self._console.print(f"Without {peer}: {why}", markup=False, soft_wrap=True)


@contextmanager
def _progress() -> Iterator[_Watcher]:
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    with console.status("measuring") as status:
        yield _Watcher(console, status)
