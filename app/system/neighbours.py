"""Who else could put another file in the place of one that is trusted, or take it away."""

import os
import shlex
import stat
from contextlib import suppress
from pathlib import Path

from app.system.errors import FileError


def check_neighbours(path: Path, noun: str) -> None:
    """Raise FileError when anyone at all could remove the file, or put another in its place.

    So they could in an open directory that it lies in, and in one further up, where they would replace the directory on
    the way to it. Both ways count: the one that was named, and the one that the links on it lead to.
    In a sticky directory, as /tmp is, only the owner of a file can do so. A group may: where each user has a group of
    their own every directory is made so, and a file that another member puts there is refused for its owner.
    """
    for place in dict.fromkeys((os.path.abspath(path), os.path.realpath(path))):  # noqa: PTH100 - links stay
        for directory in Path(place).parents:
            with suppress(OSError):  # where there is no such directory, there is no such file
                _check_directory(directory, path, noun)


def _check_directory(directory: Path, path: Path, noun: str) -> None:
    mode = directory.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        command = f"chmod o-w {shlex.quote(str(directory))}"
        raise FileError(f"The {noun} {path} can be replaced by other users; run `{command}`, or keep it elsewhere.")
