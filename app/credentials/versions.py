"""The version that every file of ours states, by which later ones are told from earlier ones (PROTOCOL §13.1)."""

import re
from pathlib import Path
from typing import Final

from app.system.errors import FileError

VERSION: Final = 1
"""The version of every file that this program writes. Files from before there were versions count as version 0."""

_MOST_DIGITS: Final = 9


class NewerFileError(FileError):
    """A file of a version that this program does not know yet."""


def heading(kind: str) -> str:
    """Begin a file of ours: `suitecase <kind> <version>`, without an end of the line."""
    return f"suitecase {kind} {VERSION}"


def stated_version(text: str, kind: str, path: Path, noun: str) -> int:
    """Read the version off a text that `heading` begins; 0 where none is stated. Raises NewerFileError."""
    match = re.match(rf"suitecase {re.escape(kind)} ([1-9][0-9]{{0,{_MOST_DIGITS - 1}}})(?![^ \n])", text)
    return known_version(int(match[1]) if match else 0, path, noun)


def known_version(version: int, path: Path, noun: str) -> int:
    """Give the version if this program knows it. Raises NewerFileError, which names the file by its `noun`."""
    if version > VERSION:
        raise NewerFileError(
            f"The {noun} {path} was written by a newer suitecase (version {version} of the file, and this program "
            f"reads up to {VERSION}); update this program."
        )
    return version
