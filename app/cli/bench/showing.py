"""What is said while a benchmark runs, and what it has measured."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

from app.bench.figures import Figure, show
from app.bench.progress import PeerMissing


class _Watcher:
    """Shows on a terminal what is being measured; says anywhere, on standard error, what does not run."""

    def __init__(self, console: Console, status: Status) -> None:
        self._console, self._status = console, status

    def measuring(self, what: str) -> None:
        self._status.update(f"measuring {what} (Ctrl-C stops)")

    def without(self, peer: str, why: PeerMissing) -> None:
        self._console.print(f"Without {peer}: {why}", markup=False, soft_wrap=True)


@contextmanager
def progress_shown() -> Iterator[_Watcher]:
    """Give who watches a benchmark."""
    console = Console(stderr=True, highlight=False)
    with console.status("measuring") as status:
        yield _Watcher(console, status)


def show_figures(figures: list[Figure], machine: str, *, as_json: bool) -> None:
    """Print figures, and the machine that they were measured on."""
    if as_json:
        sys.stderr.write(machine + "\n")
    show(figures, as_json=as_json, title=machine)
