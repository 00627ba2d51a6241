"""Discovery: which plugins are installed, which may be used, and what they offer.

A registry is made by `load_registry` and never changes afterwards. Every plugin is loaded into a plugin manager of
its own, so that one which fails, misspells a hook or offers a wrong type is reported by name and the others load.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import pluggy

from framework import hookspecs
from framework.errors import ConfigurationError, PluginError
from framework.guard import STRANGE, GuardedAead, GuardedBulkCipher, GuardedKeyExchange, GuardedMac
from framework.kdf import MAX_EXPANDED
from framework.primitives import Aead, BulkCipher, KeyExchange, Mac, PrimitiveInfo, Status

ENTRY_POINT_GROUP = "suitecase.plugins"
BUILT_IN_DISTRIBUTION = "suitecase"

_INFO_TYPES = {"name": str, "title": str, "security_bits": int, "status": Status, "reference": str}
_NAME = re.compile(r"[a-z][a-z0-9]*")

_DERIVED = range(1, MAX_EXPANDED + 1)
_NONCE = range(8, MAX_EXPANDED + 1)  # a nonce holds the u64 of the sequence: PROTOCOL §6.3
_FIELD = range(1, 2**24 + 1)  # bytes of a handshake message: what a peer can make us hold
_TAG = range(1, 2**16)
_LIMIT = range(1, 2**63)

Guarded = GuardedKeyExchange | GuardedBulkCipher | GuardedMac | GuardedAead
G = TypeVar("G", GuardedKeyExchange, GuardedBulkCipher, GuardedMac, GuardedAead)


class Kind(StrEnum):
    """The kinds of primitive, in the words shown to people."""

    KEY_EXCHANGE = "key exchange"
    BULK_CIPHER = "bulk cipher"
    MAC = "MAC"
    AEAD = "AEAD"


@dataclass(frozen=True)
class _KindRow(Generic[G]):
    """One row of the table below: what the framework does with a kind of primitive."""

    kind: Kind
    hook: str
    interface: type
    guard: Callable[[Any, str], G]
    claims: Mapping[str, range]


_KINDS: tuple[_KindRow[Any], ...] = (
    _KindRow(
        Kind.KEY_EXCHANGE,
        "register_key_exchanges",
        KeyExchange,
        GuardedKeyExchange,
        {"public_key_size": _FIELD, "private_key_size": _FIELD, "ciphertext_size": _FIELD},
    ),
    _KindRow(
        Kind.BULK_CIPHER,
        "register_bulk_ciphers",
        BulkCipher,
        GuardedBulkCipher,
        {"key_size": _DERIVED, "iv_size": _DERIVED, "max_bytes_per_key": _LIMIT},
    ),
    _KindRow(Kind.MAC, "register_macs", Mac, GuardedMac, {"key_size": _DERIVED, "tag_size": _TAG}),
    _KindRow(
        Kind.AEAD,
        "register_aeads",
        Aead,
        GuardedAead,
        {"key_size": _DERIVED, "nonce_size": _NONCE, "tag_size": _TAG, "max_records_per_key": _LIMIT},
    ),
)


@dataclass(frozen=True)
class PluginRecord:
    """What is known of one installed plugin, whether it is in use or not.

    `error` is a sentence when the plugin was to be loaded and could not be; it then offers nothing.
    """

    name: str
    distribution: str
    version: str
    allowed: bool
    primitives: tuple[tuple[Kind, PrimitiveInfo], ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class Registry:
    """The primitives that may be used, each behind the guard, and the record of every installed plugin."""

    plugins: tuple[PluginRecord, ...]
    _primitives: Mapping[Kind, Mapping[str, Guarded]] = field(repr=False)

    def key_exchange(self, name: str) -> GuardedKeyExchange:
        """The key exchange of this name. Raises ConfigurationError, listing the known ones."""
        return self._get(Kind.KEY_EXCHANGE, name, GuardedKeyExchange)

    def bulk_cipher(self, name: str) -> GuardedBulkCipher:
        """The bulk cipher of this name. Raises ConfigurationError, listing the known ones."""
        return self._get(Kind.BULK_CIPHER, name, GuardedBulkCipher)

    def mac(self, name: str) -> GuardedMac:
        """The MAC of this name. Raises ConfigurationError, listing the known ones."""
        return self._get(Kind.MAC, name, GuardedMac)

    def aead(self, name: str) -> GuardedAead:
        """The AEAD of this name. Raises ConfigurationError, listing the known ones."""
        return self._get(Kind.AEAD, name, GuardedAead)

    def names(self, kind: Kind) -> tuple[str, ...]:
        """The names of a kind, sorted."""
        return tuple(sorted(self._primitives[kind]))

    def _get(self, kind: Kind, name: str, guard: type[G]) -> G:
        primitive = self._primitives[kind].get(name)
        if isinstance(primitive, guard):
            return primitive
        known = ", ".join(self.names(kind)) or "none"
        others = [f"; {name!r} is of another kind, {other}" for other in Kind if name in self._primitives[other]]
        hint = "".join(others) or self._hint(name)
        raise ConfigurationError(f"there is no {kind} named {name!r}; known: {known}{hint}")

    def _hint(self, name: str) -> str:
        """Why a name may be missing: a plugin is switched off, or failed to load."""
        hints = []
        if off := [plugin.name for plugin in self.plugins if not plugin.allowed]:
            flag = f"--allow-plugin {name if name in off else off[0]}"
            hints.append(f" (installed but not allowed: {', '.join(off)}; {flag})")
        if failed := [plugin.error for plugin in self.plugins if plugin.error]:
            hints.append(f" (plugins that failed: {'; '.join(failed)})")
        return "".join(hints)


def load_registry(allow: Collection[str] = (), *, installed: Iterable[EntryPoint] | None = None) -> Registry:
    """Find the installed plugins and load those that may be used.

    The plugins of suitecase's own distribution are always loaded; others only if their entry-point name is in
    `allow`. `installed` replaces the entry points of this environment. Raises ConfigurationError if `allow`
    names a plugin that is not installed; a plugin's own faults are recorded in `Registry.plugins` instead.
    """
    found = tuple(entry_points(group=ENTRY_POINT_GROUP)) if installed is None else tuple(installed)
    missing = sorted(set(allow) - {point.name for point in found})
    if missing:
        known = ", ".join(sorted({point.name for point in found})) or "none"
        raise ConfigurationError(f"there is no plugin named {missing[0]!r} to allow; installed: {known}")
    primitives: dict[Kind, dict[str, Guarded]] = {row.kind: {} for row in _KINDS}
    records: list[PluginRecord] = []
    # Built-in plugins first: whoever comes later with a name that is taken is the one refused.
    for point in sorted(found, key=lambda point: (not _is_built_in(point), point.name, _distribution(point)[0])):
        records.append(_load(point, allow, primitives, records))
    frozen = {kind: MappingProxyType(by_name) for kind, by_name in primitives.items()}
    return Registry(tuple(records), MappingProxyType(frozen))


def _load(
    point: EntryPoint,
    allow: Collection[str],
    primitives: dict[Kind, dict[str, Guarded]],
    earlier: list[PluginRecord],
) -> PluginRecord:
    """Load one plugin whole into `primitives`, or none of it."""
    distribution, version = _distribution(point)
    allowed = _is_built_in(point) or point.name in allow
    if not allowed:
        return PluginRecord(point.name, distribution, version, allowed=False)
    try:
        if any(record.name == point.name for record in earlier):
            raise PluginError("another plugin of this name is already loaded")
        offered = _offers(point)
        _refuse_duplicates(offered, primitives)
    except PluginError as error:
        sentence = f"plugin {point.name!r} of {distribution} {version}: {error}"
        return PluginRecord(point.name, distribution, version, allowed=True, error=sentence)
    for kind, guarded in offered:
        primitives[kind][guarded.info.name] = guarded
    claims = tuple((kind, guarded.info) for kind, guarded in offered)
    return PluginRecord(point.name, distribution, version, allowed=True, primitives=claims)


def _offers(point: EntryPoint) -> list[tuple[Kind, Guarded]]:
    """Import the plugin, check its hooks against the specifications, and collect what it registers."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(point.load(), name=point.name)
        manager.check_pending()
    except STRANGE as error:
        raise PluginError(f"cannot be loaded: {type(error).__name__}: {error}") from error
    offered: list[tuple[Kind, Guarded]] = []
    for row in _KINDS:
        collected: list[object] = []
        try:
            getattr(manager.hook, row.hook)(register=collected.append)
            offered += [(row.kind, _guarded(row, primitive, point.name)) for primitive in collected]
        except PluginError:
            raise
        except STRANGE as error:
            raise PluginError(f"{row.hook} raised {type(error).__name__}: {error}") from error
    if not offered:
        raise PluginError("registers no primitive: does it implement a hook with @framework.hookimpl?")
    return offered


def _guarded(row: _KindRow[G], primitive: object, plugin: str) -> G:
    """Check a primitive's shape, put it behind the guard, and check its claims as the guard has read them."""
    if not isinstance(primitive, row.interface):
        lacks = [name for name in dir(row.interface) if not name.startswith("_") and not hasattr(primitive, name)]
        raise PluginError(f"{type(primitive).__name__} is no {row.kind}: it lacks {', '.join(lacks)}")
    if not isinstance(getattr(primitive, "info", None), PrimitiveInfo):
        raise PluginError(f"the info of {type(primitive).__name__} is no PrimitiveInfo")
    guarded = row.guard(primitive, plugin)
    info = guarded.info
    for field_name, field_type in _INFO_TYPES.items():
        if type(getattr(info, field_name)) is not field_type:
            raise PluginError(f"{info.name!r}: {field_name} in its info must be a {field_type.__name__}")
    if not _NAME.fullmatch(info.name):
        raise PluginError(f"the name {info.name!r} is not of the form [a-z][a-z0-9]*")
    for claim, possible in row.claims.items():
        size = getattr(guarded, claim)
        if type(size) is not int or size not in possible:
            bounds = f"from {possible.start} to {possible.stop - 1}"
            raise PluginError(f"{info.name}: {claim} must be an int {bounds}, not {size!r}")
    return guarded


def _refuse_duplicates(offered: list[tuple[Kind, Guarded]], primitives: Mapping[Kind, Mapping[str, Guarded]]) -> None:
    """Refuse a name that is taken. Ciphers and AEADs share one space: both begin a suite's name."""
    families = ((Kind.KEY_EXCHANGE,), (Kind.MAC,), (Kind.BULK_CIPHER, Kind.AEAD))
    for family in families:
        taken = {name: owner.plugin for kind in family for name, owner in primitives[kind].items()}
        for kind, guarded in offered:
            if kind not in family:
                continue
            name = guarded.info.name
            if name in taken:
                raise PluginError(f"the {kind} {name!r} is already registered by plugin {taken[name]!r}")
            taken[name] = guarded.plugin


def _distribution(point: EntryPoint) -> tuple[str, str]:
    return (point.dist.name, point.dist.version) if point.dist else ("unknown distribution", "")


def _is_built_in(point: EntryPoint) -> bool:
    return _distribution(point)[0] == BUILT_IN_DISTRIBUTION
