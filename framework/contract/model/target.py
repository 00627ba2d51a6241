"""Which plugin is on trial, in a form that another process can read."""

import json
import shlex
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pluggy

from framework import hookspecs
from framework.kinds import AnyKind, kind_of
from framework.registry.discovery import ENTRY_POINT_GROUP

VECTORS_FILE = "contract_vectors.json"
"""What the kit looks for beside the plugin's module: known answers and claims."""


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
