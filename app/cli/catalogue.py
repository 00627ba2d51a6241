"""What is installed, for people to choose from: the suites and the plugins."""

import io
import json
import sys
from typing import Final, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.protocol.cautions import STYLES, doubtful, reason, warnings
from app.system.layout import can_show, in_letters_of
from app.system.output import printable, write_out
from framework import PluginRecord, Registry, Status, Suite, all_suites

_NEVER_WRAPPED: Final = 100_000
"""Columns that a pipe is taken to have: there a row is a line, for grep."""


def show_suites(registry: Registry, *, as_json: bool) -> None:
    """Print every suite that the allowed plugins make, with strength, status and the reason for a warning."""
    suites = list(all_suites(registry))
    if as_json:
        _print_json([_suite_row(suite) for suite in suites])
        return
    table = _table("suite", "strength", "status", "because of")
    reasons = _table("primitive", "status", "why")
    seen: set[str] = set()
    for suite in suites:
        because = ", ".join(info.name for info in doubtful(suite))
        table.add_row(suite.name, f"{suite.security_bits} bits", _coloured(suite.status), because)
        for info in doubtful(suite):
            if info.name not in seen:
                seen.add(info.name)
                reasons.add_row(info.name, _coloured(info.status), _text(reason(info)))
    write_out(_rendered(table) + ("\n" + _rendered(reasons) if seen else ""))


def show_plugins(registry: Registry, *, as_json: bool) -> None:
    """Print every installed plugin: kind, name, distribution, version, and whether it is allowed."""
    if as_json:
        _print_json([_plugin_row(plugin) for plugin in registry.plugins])
        return
    table = _table("plugin", "offers", "distribution", "version", "allowed")
    for plugin in registry.plugins:
        offers = _text(_offers(plugin))
        if plugin.error:
            offers = _text(plugin.error, "yellow") if plugin.unavailable else _text(f"failed: {plugin.error}", "red")
        word = registry.word_for(plugin)
        allowed = _text("yes", "green") if plugin.allowed else _text(f"no; --allow-plugin {word}", "yellow")
        table.add_row(_text(plugin.name), offers, _text(plugin.distribution), _text(plugin.version), allowed)
    write_out(_rendered(table))


def _offers(plugin: PluginRecord) -> str:
    """Write `key exchange bg, bg2048; MAC hmac`."""
    by_kind: dict[str, list[str]] = {}
    for kind, info in plugin.primitives:
        by_kind.setdefault(str(kind), []).append(info.name)
    return "; ".join(f"{kind} {', '.join(names)}" for kind, names in by_kind.items())


def _suite_row(suite: Suite) -> dict[str, object]:
    return {
        "suite": suite.name,
        "security_bits": suite.security_bits,
        "status": str(suite.status),
        "warnings": warnings(suite),
    }


def _plugin_row(plugin: PluginRecord) -> dict[str, object]:
    return {
        "plugin": plugin.name,
        "primitives": [{"kind": str(kind), "name": info.name} for kind, info in plugin.primitives],
        "distribution": plugin.distribution,
        "version": plugin.version,
        "allowed": plugin.allowed,
        "error": plugin.error,
        "unavailable": plugin.unavailable,
    }


def _table(*headings: str) -> Table:
    """Make a table without lines; the last column but none other gives way when the terminal is narrow."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    cut: Literal["ellipsis", "crop"] = "ellipsis" if can_show("…", sys.stdout) else "crop"
    for heading in headings[:-1]:
        table.add_column(heading, no_wrap=heading != "offers", overflow=cut)
    table.add_column(headings[-1])
    return table


def _rendered(table: Table) -> str:
    """Lay out for standard output, but not onto it, for it may refuse: see app.system.output."""
    terminal = sys.stdout.isatty()
    width = None if terminal else _NEVER_WRAPPED
    console = Console(file=io.StringIO(), highlight=False, force_terminal=terminal, width=width)
    with console.capture() as capture:
        console.print(table)
    return "".join(f"{line.rstrip(' ')}\n" for line in capture.get().splitlines())


def _text(text: str, style: str = "") -> Text:
    """What a plugin says of itself, allowed or not: neither markup nor a terminal's commands."""
    return Text(in_letters_of(sys.stdout, printable(text)), style)


def _coloured(status: Status) -> Text:
    return Text(str(status), STYLES[status])


def _print_json(rows: list[dict[str, object]]) -> None:
    """Print an object a line, in ASCII: what a plugin says of itself is read back whole, and moves no cursor."""
    write_out("".join(json.dumps(row) + "\n" for row in rows))
