"""Which plugin is on trial, in a form that another process can read."""

import json
import re
import shlex
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pluggy

from framework import hookspecs
from framework.contract.engine.child import Child
from framework.errors import ConfigurationError
from framework.kinds import AnyKind, kind_of
from framework.printable import printable
from framework.registry import load_registry
from framework.registry.discovery import ENTRY_POINT_GROUP, InstalledPlugin, discover

VECTORS_FILE = "contract_vectors.json"
"""What the kit looks for beside the plugin's module: known answers and claims."""

START_SECONDS = 30.0
"""A plugin may take so long to be imported."""


@dataclass(frozen=True)
class Target:
    """One primitive of one plugin: `plugin` is the entry point's name, `entry` its value, `name` the primitive's.

    `vectors` is the file of known answers that was asked for, `beside` the one beside the plugin, once it is found.
    """

    plugin: str
    entry: str
    kind: AnyKind
    name: str
    vectors: str = ""
    oracle: str = ""
    beside: str = ""

    def primitive(self) -> Any:
        """Load the plugin and give its primitive as it is, not behind the guard."""
        collected: list[Any] = []
        manager = pluggy.PluginManager(hookspecs.PROJECT)
        manager.add_hookspecs(hookspecs)
        manager.register(self.point.load())
        getattr(manager.hook, self.kind.hook)(register=collected.append)
        return next(primitive for primitive in collected if primitive.info.name == self.name)

    @property
    def arguments(self) -> str:
        """What names it on the kit's command line."""
        given = {"--vectors": self.vectors, "--oracle": self.oracle}
        return shlex.join(
            [self.called, *(word for option, value in given.items() if value for word in (option, value))]
        )

    @property
    def called(self) -> str:
        """The name by which `targets` finds it: that of a primitive alone, where it is a built-in plugin's."""
        alone = self.name == self.plugin or self.entry.startswith("plugins.")
        return self.name if alone else f"{self.plugin}/{self.name}"

    @property
    def point(self) -> EntryPoint:
        """The entry point."""
        return EntryPoint(self.plugin, self.entry, ENTRY_POINT_GROUP)

    def vectors_path(self) -> Path:
        """Where the plugin's vectors are, or should be."""
        if self.vectors or self.beside:
            return Path(self.vectors or self.beside)
        module = self.entry.partition(":")[0]
        spec = find_spec(module)
        if spec is not None and spec.submodule_search_locations is not None:
            return Path(str(files(module))) / VECTORS_FILE
        origin = Path(spec.origin if spec is not None and spec.origin else module)
        return origin.with_name(f"{origin.stem}_{VECTORS_FILE}")

    def with_answers(self) -> "Target":
        """Look for the file beside the plugin, which imports the packages that the plugin's module is in."""
        return replace(self, beside=str(self.vectors_path()))

    def to_json(self) -> str:
        """Write it down for another process."""
        return json.dumps({**vars(self), "kind": self.kind.name})

    @classmethod
    def from_json(cls, text: str) -> "Target":
        """Read what `to_json` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "kind": kind_of(fields["kind"])})


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
