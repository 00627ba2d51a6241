"""What is installed in our entry-point group, read from metadata alone: nothing of a plugin is imported here.

Metadata is written by strangers and lies wherever Python looks. Each distribution is read behind a guard: one that is
broken is named and left out, and all others work.
"""

import json
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import Distribution, DistributionFinder, EntryPoint
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from framework.printable import printable, told

ENTRY_POINT_GROUP = "suitecase.plugins"
BUILT_IN_DISTRIBUTION = "suitecase"
UNKNOWN_DISTRIBUTION = "unknown distribution"
"""Whose an entry point is that was given without one."""

MAX_METADATA_SIZE = 4 << 20
"""Bytes of one file of metadata; real ones have a few thousand."""

ROOT = __file__.rpartition("framework")[0]
"""The folder in which this very framework lies, with a slash behind it."""

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


def discover() -> Discovery:
    """Look through the module path. Never raises for what it finds there.

    Of two distributions with one name the first on the path counts, as for imports. Of two that call themselves
    suitecase neither does, unless one is a whole installation of its own, which the first hides.
    """
    found: list[InstalledPlugin] = []
    left_out: list[str] = []
    places: dict[str, str] = {}
    ours: list[Distribution] = []
    for distribution in _distributions(left_out):
        place = _place(distribution)
        try:
            plugins = _plugins_of(distribution)
        except Exception as error:  # noqa: BLE001 - whatever the metadata of a stranger leads to
            left_out.append(f"the distribution in {place} is left out, for its metadata is broken ({told(error)})")
            continue
        if not plugins:
            continue
        if plugins[0].built_in:
            ours.append(distribution)
            continue
        name = normalized(plugins[0].distribution)
        if name in places:
            left_out.append(f"the distribution in {place} is left out, for the one in {places[name]} has its name")
            continue
        places[name] = place
        found += plugins
    chosen, conflict = _choose(ours)
    return Discovery((*chosen, *found), tuple(left_out), conflict)


def described(points: Iterable[EntryPoint]) -> Discovery:
    """Put entry points that somebody else has found together with their distributions."""
    found: list[InstalledPlugin] = []
    left_out: list[str] = []
    for point in points:
        try:
            found.append(InstalledPlugin(point, *(_identity(point.dist) if point.dist else ())))
        except Exception as error:  # noqa: BLE001 - as above
            left_out.append(
                f"the plugin {printable(point.name)} is left out, for its metadata is broken ({told(error)})"
            )
    return Discovery(tuple(found), tuple(left_out))


def normalized(distribution: str) -> str:
    """Give the name by which distributions are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _distributions(left_out: list[str]) -> Iterator[Distribution]:
    """Every distribution on the path, once; a folder may be on the path under several names."""
    seen: set[str] = set()
    for distribution in _listed(left_out):
        folder = _folder(distribution)
        identity = str(folder.resolve() if hasattr(folder, "resolve") else folder)
        if identity not in seen:
            seen.add(identity)
            yield distribution


def _listed(left_out: list[str]) -> Iterator[Distribution]:
    """What each finder lists, as `importlib.metadata.distributions` asks them, but none spoils the others' lists."""
    entries: list[object] = [*sys.path]  # whose items anybody can set
    path = [entry for entry in entries if isinstance(entry, str) and "\0" not in entry]
    for finder in sys.meta_path:
        try:
            yield from getattr(finder, "find_distributions", _none)(DistributionFinder.Context(path=path))
        except Exception as error:  # noqa: BLE001 - of a finder that somebody has installed
            name = printable(type(finder).__name__)
            left_out.append(f"the distributions that {name} knows cannot be listed ({told(error)})")


def _none(_: DistributionFinder.Context) -> Iterable[Distribution]:
    """What a finder lists that finds modules alone."""
    return ()


def _plugins_of(distribution: Distribution) -> list[InstalledPlugin]:
    _refuse_odd_file(distribution, "entry_points.txt")
    points = [point for point in distribution.entry_points if point.group == ENTRY_POINT_GROUP]
    if not points:
        return []
    identity = _identity(distribution)
    return [InstalledPlugin(point, *identity) for point in points]


def _identity(distribution: Distribution) -> tuple[str, str]:
    _refuse_odd_file(distribution, "METADATA")
    name: object = distribution.name
    version: object = distribution.version
    if not isinstance(name, str) or not _DISTRIBUTION_NAME.fullmatch(name):
        raise ValueError("it has no name that a distribution can have")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise ValueError("it has no version that a distribution can have")
    return name, version


def _refuse_odd_file(distribution: Distribution, name: str) -> None:
    """Raise if a file of metadata cannot be read, would take all memory, or would never end."""
    folder = _folder(distribution)
    if not hasattr(folder, "stat"):
        return  # in an archive, or in whatever another finder knows
    file = folder / name
    try:
        status = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f"{name} is no file")
    if status.st_size > MAX_METADATA_SIZE:
        raise ValueError(f"{name} has more than {MAX_METADATA_SIZE} bytes")
    file.open("rb").close()  # a file that may not be read passes for none in importlib.metadata


def _choose(ours: list[Distribution]) -> tuple[list[InstalledPlugin], str]:
    """Of those that call themselves suitecase, give the plugins of the one that is; or a sentence, if it is unclear."""
    roots = [_root_of(each) for each in ours]
    running = [each for each, root in zip(ours, roots, strict=True) if root == _resolved(ours[0], ROOT)]
    elsewhere = [each for each, root in zip(ours, roots, strict=True) if root and each not in running]
    bare = [each for each, root in zip(ours, roots, strict=True) if not root]
    chosen = [*(running or elsewhere[:1]), *bare]
    if len(chosen) > 1:
        places = " and ".join(_place(each) for each in chosen)
        return [], (
            f"more than one distribution calls itself {BUILT_IN_DISTRIBUTION}: {places}; "
            "uninstall the one that is not, or install suitecase into an environment of its own"
        )
    return (_plugins_of(chosen[0]) if chosen else []), ""


def _root_of(distribution: Distribution) -> str:
    """The folder of a distribution's own `framework`: that of its metadata, or where an editable one points; or ""."""
    with suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
        _refuse_odd_file(distribution, "direct_url.json")
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
        editable = origin.get("dir_info", {}).get("editable")
        root: Any = distribution.locate_file(url2pathname(urlsplit(origin["url"]).path) if editable else "")
        if (root / "framework" / "__init__.py").is_file():
            return _resolved(distribution, str(root))
    return ""


def _resolved(distribution: Distribution, path: str) -> str:
    """A path without symbolic links."""
    located: Any = distribution.locate_file(path)
    return str(located.resolve() if hasattr(located, "resolve") else located)


def _folder(distribution: Distribution) -> Any:
    """Where a distribution's metadata lies: a path, where its finder tells it."""
    return getattr(distribution, "_path", None) or distribution.locate_file("")


def _place(distribution: Distribution) -> str:
    """The same for a person."""
    return printable(str(_folder(distribution)))
