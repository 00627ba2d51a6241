"""Which plugin is on trial, in a form that another process can read."""

import json
import shlex
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pluggy

from framework import hookspecs
from framework.contract.oracle import refuse_the_plugin
from framework.errors import ConfigurationError
from framework.registry import ENTRY_POINT_GROUP, Kind, load_registry

HOOKS = {
    Kind.KEY_EXCHANGE: "register_key_exchanges",
    Kind.BULK_CIPHER: "register_bulk_ciphers",
    Kind.MAC: "register_macs",
    Kind.AEAD: "register_aeads",
}

VECTORS_FILE = "contract_vectors.json"
"""What the kit looks for beside the plugin's module: known answers and claims."""


@dataclass(frozen=True)
class Target:
    """One primitive of one plugin: `plugin` is the entry point's name, `entry` its value, `name` the primitive's."""

    plugin: str
    entry: str
    kind: Kind
    name: str
    vectors: str = ""
    oracle: str = ""

    def primitive(self) -> Any:
        """Load the plugin and give its primitive as it is, not behind the guard."""
        collected: list[Any] = []
        manager = pluggy.PluginManager(hookspecs.PROJECT)
        manager.add_hookspecs(hookspecs)
        manager.register(self.point.load())
        getattr(manager.hook, HOOKS[self.kind])(register=collected.append)
        return next(primitive for primitive in collected if primitive.info.name == self.name)

    @property
    def arguments(self) -> str:
        """What names it on the kit's command line."""
        given = {"--vectors": self.vectors, "--oracle": self.oracle}
        return shlex.join([self.name, *(word for option, value in given.items() if value for word in (option, value))])

    @property
    def point(self) -> EntryPoint:
        """The entry point."""
        return EntryPoint(self.plugin, self.entry, ENTRY_POINT_GROUP)

    def vectors_path(self) -> Path:
        """Where the plugin's vectors are, or should be."""
        if self.vectors:
            return Path(self.vectors)
        module = self.entry.partition(":")[0]
        spec = find_spec(module)
        if spec is not None and spec.submodule_search_locations is not None:
            return Path(str(files(module))) / VECTORS_FILE
        origin = Path(spec.origin if spec is not None and spec.origin else module)
        return origin.with_name(f"{origin.stem}_{VECTORS_FILE}")

    def to_json(self) -> str:
        """Write it down for another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Target":
        """Read what `to_json` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "kind": Kind(fields["kind"])})


def targets(
    name: str, *, installed: Iterable[EntryPoint] | None = None, vectors: str = "", oracle: str = ""
) -> tuple[Target, ...]:
    """Find what `name` means: a plugin, for all that it offers, or one primitive.

    Raises ConfigurationError if there is no such thing, with the reason if it is a plugin that does not load; and for
    an oracle that cannot be imported, is the plugin itself, or is to speak for several primitives.
    """
    points = tuple(entry_points(group=ENTRY_POINT_GROUP) if installed is None else installed)
    registry = load_registry(allow=sorted({point.name for point in points}), installed=points)
    entries = {point.name: point.value for point in points}
    found = tuple(
        Target(record.name, entries[record.name], kind, info.name, vectors, oracle)
        for record in registry.plugins
        for kind, info in record.primitives
        if name in (record.name, info.name)
    )
    if oracle and len(found) > 1:
        several = ", ".join(target.name for target in found)
        raise ConfigurationError(f"an oracle speaks for one primitive: name one of {several}")
    if oracle and found:
        refuse_the_plugin(found[0])
    if found:
        return found
    faults = [record.error for record in registry.plugins if record.error and record.name == name]
    if faults:
        raise ConfigurationError(faults[0])
    known = sorted({info.name for record in registry.plugins for _, info in record.primitives} | set(entries))
    broken = "".join(f"\n{record.error}" for record in registry.plugins if record.error)
    raise ConfigurationError(f"there is no plugin or primitive named {name!r}; known: {', '.join(known)}{broken}")
