"""Configuration files: the one that was named; or else the user's own, and after it one in the current directory.

Anybody's archive may hold a `suitecase.toml`, and whoever unpacks it stands in its folder. So what lies there says
neither whom to trust nor what is the user's.
"""

import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.configuration.directories import user_config_directory
from app.system.errors import FileError, MissingFileError
from app.system.files import OTHERS_WRITE, read_file
from app.system.neighbours import check_neighbours

CONFIG_FILE: Final = Path("suitecase.toml")
"""Its name, in the user's configuration directory and in the current one."""

MAX_FILE_SIZE: Final = 64 * 1024

PATH_SETTINGS: Final = ("data_dir", "known_banks", "bank_key", "card")
TRUSTING_SETTINGS: Final = (*PATH_SETTINGS, "connect", "allow_plugin")
"""Settings that say whom to trust, or what is the user's."""

_NOUN: Final = "configuration file"


@dataclass(frozen=True)
class ConfigFile:
    """What a file sets. Paths count from the file. `trusted`: that it is there is its user's will."""

    path: Path
    trusted: bool
    values: dict[str, Any]

    def origin(self, name: str) -> str:
        """Call one of the settings by its file, to begin a sentence with."""
        return f"The setting {name} in {self.path}"


def config_files(named: str) -> list[ConfigFile]:
    """Read the files that count: the named one alone, or those in their own places, of which the first wins.

    Raises FileError for one that is unsafe, or cannot be read.
    """
    if named:
        return [_read(Path(named), trusted=True)]
    own = user_config_file()
    files = []
    with suppress(MissingFileError):
        if own is not None:
            files.append(_read(own, trusted=True, if_foreign="give one of your own with --config"))
    with suppress(MissingFileError):
        if not (files and _is_same(CONFIG_FILE, files[0].path)):
            files.append(
                _read(CONFIG_FILE, trusted=False, if_linked="put the file itself there, or name it with --config")
            )
    return files


def user_config_file() -> Path | None:
    """Where the user's own file is or would be; None where the user has no home."""
    directory = user_config_directory()
    return None if directory is None else directory / CONFIG_FILE


def how_to_trust(file: ConfigFile) -> str:
    """Say what to do with a file in the current directory so that all of it counts."""
    own = user_config_file()
    moved = "" if own is None else f", or move it to {own}"
    return f"name the file with --config {file.path}{moved}"


def _read(
    path: Path,
    *,
    trusted: bool,
    if_foreign: str = "give one of your own with --config, or work in another directory",
    if_linked: str = "",
) -> ConfigFile:
    """Read a file with every check. Raises MissingFileError and FileError."""
    try:
        data = read_file(
            path, _NOUN, limit=MAX_FILE_SIZE, forbidden=OTHERS_WRITE, if_foreign=if_foreign, if_linked=if_linked
        )
        check_neighbours(path, _NOUN)
        values = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # ValueError for a path with a NUL in it, and for what follows
        if isinstance(error, UnicodeDecodeError):
            reason = "it is not UTF-8 text; write it anew as text"
        elif isinstance(error, tomllib.TOMLDecodeError):
            reason = f"it is not TOML: {error}; mend that line"
        else:
            reason = f"{error}; check the path and what is in it"
        raise FileError(f"The {_NOUN} {path} cannot be read: {reason}.") from None
    for name in PATH_SETTINGS:
        if values.get(name) and isinstance(values[name], str):
            with suppress(RuntimeError):  # for `~somebody` that nobody is
                values[name] = path.parent / Path(values[name]).expanduser()
    return ConfigFile(path, trusted, values)


def _is_same(path: Path, other: Path) -> bool:
    with suppress(OSError):
        return path.samefile(other)
    return False
