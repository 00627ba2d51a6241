"""What is installed in our entry-point group, read from metadata alone: nothing of a plugin is imported here.

Metadata is written by strangers and lies wherever Python looks. Each distribution is read behind a guard: one that is
broken is named and left out, and all others work.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from framework.errors import STRANGE, Interruption
from framework.printable import printable, told
from framework.registry.metadata import distributions, path_of, place_of, without_links

ENTRY_POINT_GROUP = "suitecase.plugins"
BUILT_IN_DISTRIBUTION = "suitecase"
UNKNOWN_DISTRIBUTION = "unknown distribution"
"""Whose an entry point is that was given without one."""

ROOT = __file__.rpartition("framework")[0]
"""The folder in which this very framework lies, with a slash behind it."""

MAX_NAMED = 64
"""Distributions that are named in sentences; a folder may hold thousands that are broken."""

MAX_PLUGINS = 100
"""Plugins of one distribution."""

_DISTRIBUTION_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")  # core metadata specification, "Name"
_VERSION = re.compile(r"[A-Za-z0-9.!+_-]+")


@dataclass(frozen=True)
class InstalledPlugin:
    """An entry point of our group, and the distribution that it is of."""

    point: EntryPoint
    distribution: str = UNKNOWN_DISTRIBUTION
    version: str = ""

    @property
    def name(self) -> str:
        """The entry point's name."""
        return self.point.name

    @property
    def address(self) -> str:
        """The whole name, `distribution:name`. A distribution's name holds no colon."""
        return f"{self.distribution}:{self.name}"

    @property
    def built_in(self) -> bool:
        """Whether its distribution calls itself ours. Whether its files are ours, the loader looks."""
        return normalized(self.distribution) == BUILT_IN_DISTRIBUTION

    def is_called(self, word: str) -> bool:
        """Whether `word` is its name or its address. A word with a colon is an address, whatever a name may hold."""
        if ":" not in word or self.distribution == UNKNOWN_DISTRIBUTION:
            return word == self.name
        distribution, _, name = word.partition(":")
        return name == self.name and normalized(distribution) == normalized(self.distribution)


@dataclass(frozen=True)
class Discovery:
    """The plugins that are installed; a sentence for each distribution left out; one if ours is there twice, or ""."""

    plugins: tuple[InstalledPlugin, ...]
    left_out: tuple[str, ...] = ()
    conflict: str = ""


@dataclass(frozen=True)
class _Claimant:
    """A distribution that calls itself ours: its place for a person, its plugins, and `_root_of` it."""

    place: str
    plugins: list[InstalledPlugin]
    root: str


def discover() -> Discovery:
    """Look through the module path. Never raises for what it finds there, and never waits for it.

    Of two distributions with one name the first on the path counts, as for imports. Of two that call themselves
    suitecase neither does, unless one is a whole installation of its own, which the first hides.
    """
    found: list[InstalledPlugin] = []
    left_out: list[str] = []
    places: dict[str, str] = {}
    ours: list[_Claimant] = []
    for distribution in distributions(left_out):
        place = printable(place_of(distribution))
        try:
            plugins = _plugins_of(distribution)
            is_ours = bool(plugins) and plugins[0].built_in
            root = _root_of(distribution) if is_ours else ""
        except Interruption:
            raise
        except STRANGE as error:  # whatever the metadata of a stranger leads to
            left_out.append(f"the distribution in {place} is left out, for its metadata is broken ({told(error)})")
            continue
        if not plugins:
            continue
        if is_ours:
            ours.append(_Claimant(place, plugins, root))
            continue
        name = normalized(plugins[0].distribution)
        if name in places:
            left_out.append(f"the distribution in {place} is left out, for the one in {places[name]} has its name")
            continue
        places[name] = place
        found += plugins
    chosen, conflict = _choose(ours)
    return Discovery((*chosen, *found), _shortened(left_out), conflict)


def described(points: Iterable[EntryPoint]) -> Discovery:
    """Put entry points that somebody else has found together with their distributions."""
    found: list[InstalledPlugin] = []
    left_out: list[str] = []
    for point in points:
        try:
            found.append(InstalledPlugin(point, *(_identity(point.dist) if point.dist else ())))
        except Interruption:
            raise
        except STRANGE as error:  # as above
            left_out.append(
                f"the plugin {printable(point.name)} is left out, for its metadata is broken ({told(error)})"
            )
    return Discovery(tuple(found), tuple(left_out))


def normalized(distribution: str) -> str:
    """Give the name by which distributions are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _plugins_of(distribution: Distribution) -> list[InstalledPlugin]:
    points = [point for point in distribution.entry_points if point.group == ENTRY_POINT_GROUP]
    if not points:
        return []
    if len(points) > MAX_PLUGINS:
        raise ValueError(f"it names more than {MAX_PLUGINS} plugins")
    identity = _identity(distribution)
    return [InstalledPlugin(point, *identity) for point in points]


def _identity(distribution: Distribution) -> tuple[str, str]:
    metadata = distribution.metadata
    name: object = metadata["Name"]
    version: object = metadata["Version"]
    if not isinstance(name, str) or not _DISTRIBUTION_NAME.fullmatch(name):
        raise ValueError("it has no name that a distribution can have")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise ValueError("it has no version that a distribution can have")
    return name, version


def _choose(ours: list[_Claimant]) -> tuple[list[InstalledPlugin], str]:
    """Of those that call themselves suitecase, give the plugins of the one that is; or a sentence, if it is unclear."""
    here = without_links(path_of(ROOT))
    running = [each for each in ours if each.root == here]
    elsewhere = [each for each in ours if each.root and each not in running]
    bare = [each for each in ours if not each.root]
    chosen = [*(running or elsewhere[:1]), *bare]
    if len(chosen) > 1:
        places = " and ".join(each.place for each in chosen[:MAX_NAMED])
        return [], (
            f"more than one distribution calls itself {BUILT_IN_DISTRIBUTION}: {places}; "
            "uninstall the one that is not, or install suitecase into an environment of its own"
        )
    return (chosen[0].plugins if chosen else []), ""


def _root_of(distribution: Distribution) -> str:
    """The folder of a distribution's own `framework`: that of its metadata, or where an editable one points; or ""."""
    try:
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
        editable = origin.get("dir_info", {}).get("editable")
        root: Any = distribution.locate_file(url2pathname(urlsplit(origin["url"]).path) if editable else "")
        return without_links(root) if (root / "framework" / "__init__.py").is_file() else ""
    except Exception:  # noqa: BLE001 - what cannot be read points nowhere
        return ""


def _shortened(sentences: list[str]) -> tuple[str, ...]:
    """Not more than a person reads."""
    more = len(sentences) - MAX_NAMED
    last = (f"of the distributions on the module path, {more} more are left out",) if more > 0 else ()
    return (*sentences[:MAX_NAMED], *last)
