"""The user's own directories, where there are any: a container's user may have no home."""

from pathlib import Path
from typing import Final

import platformdirs

_APPLICATION: Final = "suitecase"


def user_data_directory() -> Path | None:
    """Where a user's data is kept, in a directory of this program's, or None where the user has no home."""
    try:
        return _absolute(platformdirs.user_data_dir(_APPLICATION))
    except RuntimeError:
        return None


def user_config_directory() -> Path | None:
    """Where a user's settings are kept, in a directory of this program's, or None where the user has no home."""
    try:
        return _absolute(platformdirs.user_config_dir(_APPLICATION))
    except RuntimeError:
        return None


def _absolute(text: str) -> Path | None:
    """Leave out a home that was not found: older releases of platformdirs give `~/…` as it is."""
    path = Path(text)
    return path if path.is_absolute() else None
