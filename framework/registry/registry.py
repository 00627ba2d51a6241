"""Which of the installed plugins may be used, and what they offer.

A registry is made by `load_registry` and never changes afterwards. Every plugin is loaded into a plugin manager of
its own, so that one which fails, misspells a hook or offers a wrong type is reported by name and the others load.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint
from types import MappingProxyType
from typing import Any

from framework.errors import ConfigurationError, PluginError
from framework.info import PrimitiveInfo
from framework.kinds import AEAD, BULK_CIPHER, KEY_EXCHANGE, KINDS, MAC, AnyKind, Kind
from framework.kinds.aead import GuardedAead
from framework.kinds.bulk_cipher import GuardedBulkCipher
from framework.kinds.guarding import Guarded
from framework.kinds.key_exchange import GuardedKeyExchange
from framework.kinds.kind import G
from framework.kinds.mac import GuardedMac
from framework.printable import printable
from framework.registry.discovery import Discovery, InstalledPlugin, described, discover
from framework.registry.loading import Offered, offers


@dataclass(frozen=True)
class PluginRecord:
    """What is known of one installed plugin, whether it is in use or not.

    `error` is a sentence when the plugin was to be loaded and could not be; it then offers nothing. It is `unavailable`
    when the plugin itself says so: a library or the machine lacks what it needs, and nothing is broken.
    """

    name: str
    distribution: str
    version: str
    allowed: bool
    primitives: tuple[tuple[AnyKind, PrimitiveInfo], ...] = ()
    error: str | None = None
    unavailable: bool = False


@dataclass(frozen=True)
class Registry:
    """The primitives that may be used, each behind the guard, and the record of every installed plugin.

    `left_out` has a sentence for each distribution whose metadata is broken.
    """

    plugins: tuple[PluginRecord, ...]
    _primitives: Mapping[AnyKind, Mapping[str, Guarded[Any]]] = field(repr=False)
    left_out: tuple[str, ...] = ()

    def get(self, kind: Kind[G], name: str) -> G:
        """The primitive of this kind and name. Raises ConfigurationError, listing the known ones."""
        primitive = self._primitives[kind].get(name)
        if isinstance(primitive, kind.guard):
            return primitive
        known = ", ".join(self.names(kind)) or "none"
        others = [f"; {name!r} is of another kind, {other}" for other in KINDS if name in self._primitives[other]]
        hint = "".join(others) or self._hint(name)
        raise ConfigurationError(printable(f"there is no {kind} named {name!r}; known: {known}{hint}"))

    def key_exchange(self, name: str) -> GuardedKeyExchange:
        """The key exchange of this name. Raises ConfigurationError, listing the known ones."""
        return self.get(KEY_EXCHANGE, name)

    def bulk_cipher(self, name: str) -> GuardedBulkCipher:
        """The bulk cipher of this name. Raises ConfigurationError, listing the known ones."""
        return self.get(BULK_CIPHER, name)

    def mac(self, name: str) -> GuardedMac:
        """The MAC of this name. Raises ConfigurationError, listing the known ones."""
        return self.get(MAC, name)

    def aead(self, name: str) -> GuardedAead:
        """The AEAD of this name. Raises ConfigurationError, listing the known ones."""
        return self.get(AEAD, name)

    def names(self, kind: AnyKind) -> tuple[str, ...]:
        """The names of a kind, sorted."""
        return tuple(sorted(self._primitives[kind]))

    def word_for(self, plugin: PluginRecord) -> str:
        """What allows a plugin: its name, or `distribution:name` where others have that name too."""
        alone = [other.name for other in self.plugins].count(plugin.name) == 1 and ":" not in plugin.name
        return plugin.name if alone else f"{plugin.distribution}:{plugin.name}"

    def _hint(self, name: str) -> str:
        """Why a name may be missing: a plugin is switched off, failed to load, or is not even found."""
        hints = []
        if off := {self.word_for(plugin): plugin.name for plugin in self.plugins if not plugin.allowed}:
            word = next((word for word, known in off.items() if known == name), next(iter(off)))
            hints.append(f" (installed but not allowed: {', '.join(off)}; --allow-plugin {word})")
        if failed := [plugin.error for plugin in self.plugins if plugin.error]:
            hints.append(f" (plugins that failed: {'; '.join(failed)})")
        if self.left_out:
            hints.append(f" ({'; '.join(self.left_out)})")
        return "".join(hints)


def load_registry(allow: Collection[str] = (), *, installed: Iterable[EntryPoint] | None = None) -> Registry:
    """Find the installed plugins and load those that may be used.

    The plugins of suitecase's own distribution are always loaded; others only if `allow` has their entry-point name,
    or `distribution:name` where several distributions offer that name. `installed` replaces what is found in this
    environment. Raises ConfigurationError if `allow` names a plugin that is not installed, or more than one; if more
    than one distribution calls itself suitecase; and if a plugin of suitecase's own is broken. The faults of other
    plugins are recorded in `Registry.plugins` instead, and those of metadata in `Registry.left_out`.
    """
    found = discover() if installed is None else described(installed)
    if found.conflict:
        raise ConfigurationError(found.conflict)
    meant = {word: _meant(word, found) for word in sorted(allow)}
    allowed = {plugin.address for plugins in meant.values() for plugin in plugins}
    by_address = {plugin.address for word, plugins in meant.items() for plugin in plugins if ":" in word}
    names = [plugin.name for plugin in found.plugins]
    built_in = {plugin.name for plugin in found.plugins if plugin.built_in}
    primitives: dict[AnyKind, dict[str, Guarded[Any]]] = {kind: {} for kind in KINDS}
    records: list[PluginRecord] = []
    loaded: set[str] = set()
    # Built-in plugins first: whoever comes later with a name that is taken is the one refused.
    for plugin in sorted(found.plugins, key=lambda plugin: (not plugin.built_in, plugin.name, plugin.distribution)):
        if not plugin.built_in and plugin.address not in allowed:
            records.append(PluginRecord(plugin.name, plugin.distribution, plugin.version, allowed=False))
            continue
        label = plugin.name if names.count(plugin.name) == 1 else plugin.address
        refusal = "another plugin of this name is already loaded" if plugin.address in loaded else ""
        if not plugin.built_in and plugin.name in built_in and plugin.address not in by_address:
            refusal = f"a plugin of suitecase has this name; --allow-plugin {plugin.address} allows this one"
        records.append(_load(plugin, label, primitives, refusal))
        loaded.add(plugin.address)
    frozen = {kind: MappingProxyType(by_name) for kind, by_name in primitives.items()}
    return Registry(tuple(records), MappingProxyType(frozen), found.left_out)


def _meant(word: str, found: Discovery) -> list[InstalledPlugin]:
    """Give the plugins of others that a word of `allow` means. Raises ConfigurationError if that is not one."""
    called = [plugin for plugin in found.plugins if plugin.is_called(word)]
    if not called:
        known = ", ".join(sorted({plugin.name for plugin in found.plugins})) or "none"
        left_out = "".join(f"; {sentence}" for sentence in found.left_out)
        raise ConfigurationError(printable(f"there is no plugin named {word!r} to allow; installed: {known}{left_out}"))
    addresses = sorted({plugin.address for plugin in called})
    if len(addresses) > 1 and not any(plugin.built_in for plugin in called):
        raise ConfigurationError(
            printable(f"{word!r} is the name of several plugins; allow the one that is meant: {' or '.join(addresses)}")
        )
    return called


def _load(
    plugin: InstalledPlugin, label: str, primitives: dict[AnyKind, dict[str, Guarded[Any]]], refusal: str
) -> PluginRecord:
    """Load one plugin whole into `primitives`, or none of it, as where there is a `refusal`.

    Raises ConfigurationError if the plugin is one of ours and broken.
    """
    who = f"plugin {plugin.name!r} of {plugin.distribution} {plugin.version}"
    record = PluginRecord(plugin.name, plugin.distribution, plugin.version, allowed=True)
    try:
        if refusal:
            raise PluginError(refusal)
        offered = offers(plugin, label)
        _refuse_duplicates(offered, primitives)
    except ConfigurationError as reason:
        return replace(record, error=printable(f"{who} is unavailable here: {reason}"), unavailable=True)
    except PluginError as error:
        sentence = printable(f"{who}: {error}")
        if plugin.built_in:
            raise ConfigurationError(f"{sentence} (nothing begins without a plugin of suitecase's own)") from error
        return replace(record, error=sentence)
    for kind, guarded in offered:
        primitives[kind][guarded.info.name] = guarded
    return replace(record, primitives=tuple((kind, guarded.info) for kind, guarded in offered))


def _refuse_duplicates(offered: list[Offered], primitives: Mapping[AnyKind, Mapping[str, Guarded[Any]]]) -> None:
    """Refuse a name that is taken in the namespace of its kind."""
    taken = {
        (kind.namespace, name): owner.plugin for kind, by_name in primitives.items() for name, owner in by_name.items()
    }
    for kind, guarded in offered:
        name = guarded.info.name
        if (kind.namespace, name) in taken:
            raise PluginError(f"the {kind} {name!r} is already registered by plugin {taken[kind.namespace, name]!r}")
        taken[kind.namespace, name] = guarded.plugin
