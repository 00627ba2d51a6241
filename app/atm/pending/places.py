"""Where the records of a card lie: in `CARD.pending`, and where they did before (PROTOCOL §13.6).

Earlier versions put them beside the link by which the card was named. A card that is renamed leaves them under its old
name.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.atm.pending.record import NOUN, RecordName
from app.system.private_directories import check_private_directory

_SUFFIX: Final = ".pending"
_MOST_LINKS: Final = 40
"""As many links on the way to a file as systems follow."""


class RecordPlaces:
    """The directories that hold, or may hold, records with this card's tag."""

    def __init__(self, card_path: Path, tag: str) -> None:
        self._card_path = card_path
        self._tag = tag
        real = Path(os.path.realpath(card_path))
        self.own = real.with_name(f"{real.name}{_SUFFIX}")
        """Where new records go: beside the card itself, by whichever link it was named."""

    def records(self) -> list[tuple[Path, RecordName]]:
        """List the card's records in the order of sending, also those that were left unfinished or set aside.

        Raises FileError for a directory in which other users could put records, and OSError.
        """
        found = self._records_in(self.own) if self.own.is_dir() else []
        for directory in self._others():
            with suppress(FileNotFoundError, PermissionError):  # it has gone meanwhile, or is closed to us
                found += self._records_in(directory)
        return sorted(found, key=_age)

    def _records_in(self, directory: Path) -> list[tuple[Path, RecordName]]:
        with os.scandir(directory) as entries:
            names = [(Path(entry.path), RecordName.parse(entry.name)) for entry in entries]
        found = [(path, name) for path, name in names if name is not None and name.tag == self._tag]
        if found or directory == self.own:
            check_private_directory(directory, NOUN)  # what others could put there, we would send
        return found

    def _others(self) -> Iterator[Path]:
        """Give this user's directories `….pending` that lie beside the card, or beside a link on the way to it.

        A link to a directory is followed, as it is under the card's own name. Each directory is given once.
        """
        given = {os.path.realpath(self.own)}
        for neighbourhood in dict.fromkeys(self._neighbourhoods()):
            with suppress(FileNotFoundError, NotADirectoryError, PermissionError), os.scandir(neighbourhood) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    real = os.path.realpath(entry.path)
                    if entry.name.endswith(_SUFFIX) and real not in given and _is_own_directory(entry):
                        given.add(real)
                        yield Path(neighbourhood, entry.name)

    def _neighbourhoods(self) -> Iterator[str]:
        path = self._card_path
        for _ in range(_MOST_LINKS):
            yield os.path.realpath(path.parent)
            if not path.is_symlink():
                break
            path = path.parent / path.readlink()
        yield str(self.own.parent)


def _is_own_directory(entry: os.DirEntry[str]) -> bool:
    """Whether it is a directory of this user's, or a link of this user's to one."""
    try:
        owners = {entry.stat(follow_symlinks=follow).st_uid for follow in (False, True)}
        return entry.is_dir() and owners == {os.geteuid()}
    except OSError:  # a link to nowhere, or to itself
        return False


def _age(record: tuple[Path, RecordName]) -> tuple[int, int, str]:
    """Sort by the order of sending, for a later request may depend on an earlier one.

    A clock may be set back. So the time counts only among records without an order, where there is nothing else.
    """
    path, name = record
    written = 0
    if not name.order:
        with suppress(FileNotFoundError):  # answered since we looked
            written = path.lstat().st_mtime_ns
    return name.order, written, path.name
