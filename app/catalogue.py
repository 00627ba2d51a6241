"""What is installed, for people to choose from: the suites and the plugins."""

import json
import sys
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from framework import Status, Suite
from framework.registry import PluginRecord, Registry
from framework.suite import all_suites

_MEANING: Final = {
    Status.RECOMMENDED: "",
    Status.LEGACY: "for old peers and for study; do not begin anything new with it",
    Status.EXPERIMENTAL: "not yet scrutinised by many; for study",
    Status.BROKEN: "practical attacks exist; for study alone",
}

_COLOURS: Final = {
    Status.RECOMMENDED: "green",
    Status.LEGACY: "yellow",
    Status.EXPERIMENTAL: "yellow",
    Status.BROKEN: "bold red",
}


def warnings(suite: Suite) -> list[str]:
    """One sentence for every primitive of the suite that is not recommended, with the reason."""
    return [
        f"{info.status}: {info.title} — {_MEANING[info.status]} ({info.reference})"
        for info in suite.primitives
        if info.status is not Status.RECOMMENDED
    ]


def show_suites(registry: Registry, *, as_json: bool) -> None:
    """Print every suite that the allowed plugins make, with strength, status and the reason for a warning."""
    rows = [
        {
            "suite": suite.name,
            "security_bits": suite.security_bits,
            "status": str(suite.status),
            "warnings": warnings(suite),
        }
        for suite in all_suites(registry)
    ]
    if as_json:
        _print_json(rows)
        return
    table = Table("suite", "strength", "status", "why", box=None, pad_edge=False)
    for suite in all_suites(registry):
        status = Text(str(suite.status), _COLOURS[suite.status])
        table.add_row(suite.name, f"{suite.security_bits} bits", status, "\n".join(warnings(suite)))
    _print(table)


def show_plugins(registry: Registry, *, as_json: bool) -> None:
    """Print every installed plugin: kind, name, distribution, version, and whether it is allowed."""
    if as_json:
        _print_json([_row(plugin) for plugin in registry.plugins])
        return
    table = Table("plugin", "offers", "distribution", "version", "allowed", box=None, pad_edge=False)
    for plugin in registry.plugins:
        offers = ", ".join(f"{kind} {info.name}" for kind, info in plugin.primitives) or plugin.error or "not loaded"
        allowed = "yes" if plugin.allowed else f"no (--allow-plugin {plugin.name})"
        table.add_row(plugin.name, offers, plugin.distribution, plugin.version, allowed)
    _print(table)


def _row(plugin: PluginRecord) -> dict[str, object]:
    return {
        "plugin": plugin.name,
        "primitives": [{"kind": str(kind), "name": info.name} for kind, info in plugin.primitives],
        "distribution": plugin.distribution,
        "version": plugin.version,
        "allowed": plugin.allowed,
        "error": plugin.error,
    }


def _print_json(rows: list[dict[str, object]]) -> None:
    for row in rows:
        sys.stdout.write(json.dumps(row) + "\n")


def _print(table: Table) -> None:
    console = Console(highlight=False)
    # In a pipe nothing is wrapped: a line a row, for grep.
    console.print(table, soft_wrap=not console.is_terminal) if console.is_terminal else _print_plain(console, table)


def _print_plain(console: Console, table: Table) -> None:
    console.width = 10_000
    console.print(table)
