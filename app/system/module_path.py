"""Where Python looks for modules. `app`, `framework` and `plugins` are names that others have too."""

import os
import stat
import sys
from importlib.util import find_spec
from typing import Final

ROOT: Final = __file__.rpartition("app")[0]
"""The folder in which these three lie, with a slash behind it."""


def leave_the_current_directory() -> None:
    """Take nothing from where a person happens to stand: a folder may hold a `framework` or a `typer` of its own.

    `python -m app` puts the current directory first on the module path. A clone in which it is started stays there.
    """
    if not sys.flags.safe_path and os.path.join(sys.path[0], "") != ROOT:  # noqa: PTH118 - an import of pathlib is dear
        del sys.path[0]


def leave_what_is_never_read() -> None:
    """Take pipes and devices off the module path, as PYTHONPATH may name one: who lists them would wait for ever."""
    sys.path[:] = [entry for entry in sys.path if not _makes_readers_wait(entry)]


def _makes_readers_wait(entry: str) -> bool:
    try:
        mode = os.stat(entry or os.curdir).st_mode  # noqa: PTH116 - an import of pathlib is dear
    except (OSError, ValueError):  # Python passes over what is not there
        return False
    return not (stat.S_ISDIR(mode) or stat.S_ISREG(mode))


def hidden() -> str:
    """Say which of our packages another one of its name hides, as PYTHONPATH may bring it about; empty if none is."""
    for name in ("framework", "plugins"):
        spec = find_spec(name)
        found = (spec.origin if spec is not None else None) or "another folder of its name"
        if not found.startswith(f"{ROOT}{name}{os.sep}"):
            return (
                f"suitecase's own {name!r} in {ROOT} is hidden by {found}; "
                "take that folder off PYTHONPATH, or start suitecase elsewhere."
            )
    return ""
