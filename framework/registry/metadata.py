"""The distributions on the module path, and their files of metadata: whatever lies there, reading it comes to an end.

Metadata is written by strangers. A pipe, a device, a loop of links or a file without end stands where a small text is
due, and `importlib.metadata` would wait for it, or take all memory.
"""

import stat
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, DistributionFinder
from typing import Any

from framework.errors import STRANGE, Interruption
from framework.printable import printable, told

MAX_METADATA_SIZE = 1 << 20
"""Bytes of one file of metadata; real ones have a few thousand."""


class InfoFolder(Distribution):
    """A distribution by its folder of metadata, which may lie in an archive. No file in it can hang whoever reads."""

    def __init__(self, folder: Any) -> None:
        self.folder = folder

    def read_text(self, filename: str) -> str | None:
        """Give a file's text, or None if there is none. Raises OSError or ValueError for what is no text of a file."""
        if not filename:
            return None  # the folder itself, which `importlib.metadata` takes for a file of distutils
        read = _read if hasattr(self.folder, "stat") else _read_in_archive
        data = read(self.folder / filename, filename)
        if data is not None and len(data) > MAX_METADATA_SIZE:
            raise ValueError(f"{filename} has more than {MAX_METADATA_SIZE} bytes")
        return None if data is None else data.decode()

    def locate_file(self, path: Any) -> Any:
        """Give the path of a file of the distribution, which is relative to the folder that holds its metadata."""
        return self.folder.parent / path


def distributions(left_out: list[str]) -> Iterator[Distribution]:
    """Every distribution on the path, once; a folder may be on the path under several names.

    Puts a sentence into `left_out` for each finder that cannot be asked. Raises Interruption alone.
    """
    seen: set[str] = set()
    for distribution in _listed(left_out):
        folder = getattr(distribution, "_path", None)
        careful = InfoFolder(folder) if hasattr(folder, "joinpath") else distribution
        try:
            identity = without_links(folder)
        except (OSError, RuntimeError):  # a loop
            identity = ""
        identity = identity or place_of(careful)
        if identity not in seen:
            seen.add(identity)
            yield careful


def path_of(text: str) -> Any:
    """Give a `pathlib.Path`, which the core does not import: it asks the system for nothing but this metadata."""
    return Distribution.at(f"{text or '.'}/_").locate_file("")


def without_links(path: Any) -> str:
    """Give the real path, or that in an archive, or "" for None. Raises OSError or RuntimeError for a loop of links."""
    return "" if path is None else str(path.resolve() if hasattr(path, "resolve") else path)


def place_of(distribution: Distribution) -> str:
    """Where a distribution's metadata lies, or of what type it is. Raises Interruption alone."""
    try:
        folder: object = getattr(distribution, "folder", None) or getattr(distribution, "_path", None)
        return str(folder or distribution.locate_file(""))
    except Interruption:
        raise
    except STRANGE:
        return f"{type(distribution).__module__}.{type(distribution).__qualname__}"


def _listed(left_out: list[str]) -> Iterator[Distribution]:
    """What each finder lists, as `importlib.metadata.distributions` asks them, but none spoils the others' lists."""
    entries: list[object] = [*sys.path]  # whose items anybody can set
    path = list(dict.fromkeys(entry for entry in entries if isinstance(entry, str) and _can_be_listed(entry)))
    for finder in sys.meta_path:
        try:
            yield from getattr(finder, "find_distributions", _none)(DistributionFinder.Context(path=path))
        except Interruption:
            raise
        except STRANGE as error:
            name = printable(type(finder).__name__)
            left_out.append(f"the distributions that {name} knows cannot be listed ({told(error)})")


def _none(_: DistributionFinder.Context) -> Iterable[Distribution]:
    """What a finder lists that finds modules alone."""
    return ()


def _can_be_listed(entry: str) -> bool:
    """Whether it is no pipe and no device, which would be opened as an archive. What is missing, a finder may know."""
    try:
        mode = path_of(entry).stat().st_mode
    except OSError:
        return True
    except ValueError:  # no path at all
        return False
    return stat.S_ISDIR(mode) or stat.S_ISREG(mode)


def _read(file: Any, name: str) -> bytes | None:
    """Give at most a byte more than `MAX_METADATA_SIZE`, or None if there is no such file.

    No more is read than there was at first. Files that have no size, as those of /proc, may wait for more to come.
    """
    try:
        status = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(status.st_mode):  # not to be opened: that waits, or does something to a device
        raise ValueError(f"{name} is no file")
    if status.st_size == 0:
        return b""
    with file.open("rb") as stream:
        return bytes(stream.read(min(status.st_size, MAX_METADATA_SIZE + 1)))


def _read_in_archive(file: Any, _: str) -> bytes | None:
    """As `_read`; of what is packed, no more is unpacked."""
    try:
        with file.open("rb") as stream:
            return bytes(stream.read(MAX_METADATA_SIZE + 1))
    except (FileNotFoundError, IsADirectoryError, KeyError):
        return None
