"""A figure: what was measured, and beside which peer."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One measured value: the median of several runs. `ratio` is the median of ours by the peer's, run by run.

    For speeds a ratio above 1 means faster than the peer; for times, slower.
    """

    name: str
    value: float
    unit: str
    peer: str | None = None
    ratio: float | None = None

    def as_json(self) -> str:
        """One JSON object; `peer` and `ratio` only where a peer ran beside it."""
        members = {"name": self.name, "value": _rounded(self.value), "unit": self.unit}
        if self.peer is not None and self.ratio is not None:
            members |= {"peer": self.peer, "ratio": _rounded(self.ratio)}
        return json.dumps(members)


def figure(
    name: str, runs: Sequence[float], unit: str, peer: str | None = None, peer_runs: Sequence[float] = ()
) -> Figure:
    """Make a figure from runs, and from the peer's runs that stood next to them in time."""
    if peer is None or not peer_runs:
        return Figure(name, median(runs), unit)
    ratios = [ours / theirs for ours, theirs in zip(runs, peer_runs, strict=True)]
    return Figure(name, median(runs), unit, peer, median(ratios))


def show(figures: Iterable[Figure], *, as_json: bool, title: str) -> None:
    """Print figures: JSON lines, or a table."""
    if as_json:
        for entry in figures:
            sys.stdout.write(entry.as_json() + "\n")
        return
    table = Table(
        "figure", "value", "unit", "beside", "ratio", title=title, title_justify="left", box=None, pad_edge=False
    )
    for column in (1, 4):
        table.columns[column].justify = "right"
    for entry in figures:
        ratio = "" if entry.ratio is None else f"{_rounded(entry.ratio):g}"
        table.add_row(entry.name, f"{_rounded(entry.value):g}", entry.unit, entry.peer or "", ratio)
    Console(highlight=False).print(table)


def _rounded(value: float) -> float:
    """Three significant digits: no benchmark on a shared machine knows more."""
    return float(f"{value:.3g}")
