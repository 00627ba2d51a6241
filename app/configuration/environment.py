"""The environment's variables SUITECASE_*, read as they are."""

import os
from typing import Final

from app.system.errors import InputError

PREFIX: Final = "SUITECASE_"

CONFIG: Final = f"{PREFIX}CONFIG"
JSON: Final = f"{PREFIX}JSON"
QUIET: Final = f"{PREFIX}QUIET"
"""Those that stand in for an option which is no setting."""

_YES: Final = ("1", "true", "yes", "on")
_NO: Final = ("", "0", "false", "no", "off")


def value_of(variable: str) -> str:
    """Give the value of a variable, in whichever case its name is written; empty if it is not set.

    If it is set in several, the last that is not empty counts.
    """
    values = [value for name, value in os.environ.items() if name.upper() == variable and value]
    return values[-1] if values else ""


def is_set(variable: str) -> bool:
    """Read a variable that stands in for an option without a value. Raises InputError."""
    value = value_of(variable).lower()
    if value not in (*_YES, *_NO):
        raise InputError(
            f"The environment variable {variable} is not usable: true or false is expected; change it or leave it out."
        )
    return value in _YES
