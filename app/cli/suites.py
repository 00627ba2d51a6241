"""`suitecase suites`."""

import logging

import typer
from rich.text import Text

from app.cli.options import AllowOption, ConfigOption, JsonOption
from app.cli.preparation import registry_of, settings_of
from app.cli.table import new_program
from app.cli.tables import print_json, rendered, table_of, text_of
from app.protocol.cautions import STYLES, doubtful, reason, warnings
from app.system.output import write_out
from framework import Registry, Status, Suite, all_suites

app = new_program()


@app.command()
def suites(
    ctx: typer.Context, as_json: JsonOption = False, allow_plugin: AllowOption = None, config: ConfigOption = None
) -> int:
    """List every suite that the installed plugins make: strength, status, and the reason for a warning."""
    registry = registry_of(settings_of(ctx, allow_plugin=allow_plugin, config=config))
    show_suites(registry, as_json=as_json or ctx.obj["as_json"])
    for plugin in registry.plugins:
        if plugin.error:
            logging.getLogger("suitecase.plugins").warning("it makes no suite: %s", plugin.error)
    return 0


def show_suites(registry: Registry, *, as_json: bool) -> None:
    """Print every suite that the allowed plugins make, with strength, status and the reason for a warning."""
    suites = list(all_suites(registry))
    if as_json:
        print_json([_suite_row(suite) for suite in suites])
        return
    table = table_of("suite", "strength", "status", "because of")
    reasons = table_of("primitive", "status", "why")
    seen: set[str] = set()
    for suite in suites:
        because = ", ".join(info.name for info in doubtful(suite))
        table.add_row(suite.name, f"{suite.security_bits} bits", _coloured(suite.status), because)
        for info in doubtful(suite):
            if info.name not in seen:
                seen.add(info.name)
                reasons.add_row(info.name, _coloured(info.status), text_of(reason(info)))
    write_out(rendered(table) + ("\n" + rendered(reasons) if seen else ""))


def _suite_row(suite: Suite) -> dict[str, object]:
    return {
        "suite": suite.name,
        "security_bits": suite.security_bits,
        "status": str(suite.status),
        "warnings": warnings(suite),
    }


def _coloured(status: Status) -> Text:
    return Text(str(status), STYLES[status])
