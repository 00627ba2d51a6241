"""`suitecase plugins`."""

import typer

from app.cli.options import AllowOption, ConfigOption, JsonOption
from app.cli.preparation import registry_of, settings_of
from app.cli.table import new_program
from app.cli.tables import print_json, rendered, table_of, text_of
from app.system.output import write_out
from framework import PluginRecord, Registry

app = new_program()


@app.command()
def plugins(
    ctx: typer.Context, as_json: JsonOption = False, allow_plugin: AllowOption = None, config: ConfigOption = None
) -> int:
    """List every installed plugin: what it offers, distribution, version, and whether it is allowed."""
    registry = registry_of(settings_of(ctx, allow_plugin=allow_plugin, config=config))
    show_plugins(registry, as_json=as_json or ctx.obj["as_json"])
    return 0


def show_plugins(registry: Registry, *, as_json: bool) -> None:
    """Print every installed plugin: kind, name, distribution, version, and whether it is allowed."""
    if as_json:
        print_json([_plugin_row(plugin) for plugin in registry.plugins])
        return
    table = table_of("plugin", "offers", "distribution", "version", "allowed")
    for plugin in registry.plugins:
        offers = text_of(_offers(plugin))
        if plugin.error:
            offers = (
                text_of(plugin.error, "yellow") if plugin.unavailable else text_of(f"failed: {plugin.error}", "red")
            )
        word = registry.word_for(plugin)
        allowed = text_of("yes", "green") if plugin.allowed else text_of(f"no; --allow-plugin {word}", "yellow")
        table.add_row(text_of(plugin.name), offers, text_of(plugin.distribution), text_of(plugin.version), allowed)
    write_out(rendered(table))


def _offers(plugin: PluginRecord) -> str:
    """Write `key exchange bg, bg2048; MAC hmac`."""
    by_kind: dict[str, list[str]] = {}
    for kind, info in plugin.primitives:
        by_kind.setdefault(str(kind), []).append(info.name)
    return "; ".join(f"{kind} {', '.join(names)}" for kind, names in by_kind.items())


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
