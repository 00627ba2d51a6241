"""The process in which a plugin is first loaded, to see what it offers: one line of JSON in, one out."""

import json
import sys
from importlib.metadata import EntryPoint
from typing import Any

from framework.contract.engine.child import answers
from framework.contract.model.oracle import resolve
from framework.contract.model.target import Target
from framework.errors import ConfigurationError, PluginError
from framework.printable import printable
from framework.registry.discovery import ENTRY_POINT_GROUP, InstalledPlugin
from framework.registry.loading import offers


def main() -> None:
    """Answer the one question that the command line holds."""
    back = answers()
    question = json.loads(sys.argv[1])
    try:
        answer = {"found": [target.to_json() for target in listed(**question)]}
    except ConfigurationError as error:
        answer = {"refused": [printable(str(error))]}
    print(json.dumps(answer), file=back, flush=True)


def listed(
    *, name: str, entry: str, distribution: str, version: str, primitive: str, vectors: str, oracle: str
) -> list[Target]:
    """Load one plugin and give what it offers, or the one primitive that was asked for, with its known answers.

    Raises ConfigurationError if it cannot be loaded or has no such primitive; and for an oracle that cannot be
    imported, is the plugin itself, or is to speak for several primitives.
    """
    plugin = InstalledPlugin(EntryPoint(name, entry, ENTRY_POINT_GROUP), distribution, version)
    try:
        offered: list[tuple[Any, str]] = [(kind, guarded.info.name) for kind, guarded in offers(plugin, name)]
    except (PluginError, ConfigurationError) as error:
        raise ConfigurationError(f"plugin {name!r} of {distribution} {version}: {error}") from None
    found = [
        target.with_answers()
        for target in (Target(name, entry, kind, own, vectors, oracle) for kind, own in offered)
        if primitive in ("", target.name)
    ]
    if not found:
        known = ", ".join(own for _, own in offered)
        raise ConfigurationError(f"plugin {name!r} has no primitive {primitive!r}; it has {known}")
    if oracle and len(found) > 1:
        several = ", ".join(target.called for target in found)
        raise ConfigurationError(f"an oracle speaks for one primitive: name one of {several}")
    if oracle:
        refuse_the_plugin(found[0])
    return found


def refuse_the_plugin(target: Target) -> None:
    """Raise ConfigurationError if the target's oracle is a part of the plugin itself."""
    function = resolve(target.oracle)
    theirs = {target.entry.partition(":")[0], type(target.primitive()).__module__}
    if getattr(function, "__module__", target.oracle.partition(":")[0]) in theirs:
        raise ConfigurationError(
            f"the oracle {target.oracle} is the plugin's own code: it would agree with any fault; "
            "take another implementation, or published vectors"
        )


if __name__ == "__main__":
    main()
