"""Finds the plugin that a name means, and what it offers: in a process of its own, for it is not yet trusted."""

import json
import re

from framework.contract.engine.child import START_SECONDS, Child
from framework.contract.model.target import Target
from framework.errors import ConfigurationError
from framework.printable import printable
from framework.registry import load_registry
from framework.registry.discovery import InstalledPlugin, discover


def targets(name: str, *, vectors: str = "", oracle: str = "") -> tuple[Target, ...]:
    """Find what `name` means: a plugin, for all that it offers, one primitive of it, or one of a built-in plugin.

    A plugin is found by its metadata. It alone is loaded, in a process of its own, and no other that is not built in.
    Raises ConfigurationError if there is no such thing, with the reason if it is a plugin that does not load; and for
    an oracle that cannot be imported, is the plugin itself, or is to speak for several primitives.
    """
    plugin, primitive = _asked_for(name)
    question = {
        "name": plugin.name,
        "entry": plugin.point.value,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "primitive": primitive,
        "vectors": vectors,
        "oracle": oracle,
    }
    with Child("framework.contract.engine.listing", json.dumps(question)) as child:
        line = child.hear(START_SECONDS)
        if not line:
            code = child.stop()
            what = f"did not come back within {START_SECONDS:g} s" if line is None else f"ended the process ({code})"
            raise ConfigurationError(printable(f"plugin {plugin.name!r} {what} when it was loaded"))
    answer = json.loads(line)
    for sentence in answer.get("refused", ()):
        raise ConfigurationError(sentence)
    return tuple(map(Target.from_json, answer["found"]))


def _asked_for(name: str) -> tuple[InstalledPlugin, str]:
    """The plugin that is meant, and its primitive if one is."""
    found = discover()
    if found.conflict:
        raise ConfigurationError(found.conflict)
    before, _, after = name.rpartition("/")
    for word, primitive in ((name, ""), (before, after)):
        called = [plugin for plugin in found.plugins if plugin.is_called(word)]
        if len(called) > 1:
            several = " or ".join(plugin.address for plugin in called)
            raise ConfigurationError(printable(f"{word!r} is the name of several plugins; give one of {several}"))
        if called:
            return called[0], primitive
    built_in = [plugin for plugin in found.plugins if plugin.built_in]
    records = load_registry(installed=[plugin.point for plugin in built_in]).plugins
    for record in records:
        if name in {info.name for _, info in record.primitives}:
            return next(plugin for plugin in built_in if plugin.name == record.name), name
    known = sorted({info.name for record in records for _, info in record.primitives} | {p.name for p in found.plugins})
    outside = [plugin.name for plugin in found.plugins if not plugin.built_in]
    hint = " (no plugin is loaded to look for a primitive: say PLUGIN or PLUGIN/PRIMITIVE)" if outside else ""
    left_out = "".join(f"; {sentence}" for sentence in found.left_out)
    new = before or after
    install = f"; if you have just written it, install it first: `pip install -e suitecase-{new}`"
    install = install if re.fullmatch("[a-z][a-z0-9]*", new) else ""
    raise ConfigurationError(
        printable(f"there is no plugin or primitive named {name!r}; known: {', '.join(known)}{hint}{left_out}{install}")
    )
