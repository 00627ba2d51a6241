"""The environment's variables SUITECASE_*: which there are, and what to say of one that there is not."""

import os
from collections.abc import Iterable
from typing import Final

from app.system.errors import InputError, excerpt

PREFIX: Final = "SUITECASE_"

CONFIG: Final = f"{PREFIX}CONFIG"
JSON: Final = f"{PREFIX}JSON"
QUIET: Final = f"{PREFIX}QUIET"
"""Those that stand in for an option which is no setting."""

_OF_OUR_TESTS: Final = "DEEP"
_YES: Final = ("1", "true", "yes", "on")
_NO: Final = ("", "0", "false", "no", "off")


def value_of(variable: str) -> str:
    """Give the value of a variable, in whichever case its name is written; empty if it is not set."""
    return next((value for name, value in os.environ.items() if name.upper() == variable), "")


def is_set(variable: str) -> bool:
    """Read a variable that stands in for an option without a value. Raises InputError."""
    value = value_of(variable).lower()
    if value not in (*_YES, *_NO):
        raise InputError(
            f"The environment variable {variable} is not usable: true or false is expected; change it or leave it out."
        )
    return value in _YES


def unknown_variables(settings: Iterable[str]) -> list[str]:
    """Say of each variable with our prefix that is none of ours that it is ignored, and which may have been meant.

    What begins with the name of a plugin, as SUITECASE_DES3_ENGINE does, is for that plugin to know.
    """
    known = {*(name.upper() for name in settings), *(name.removeprefix(PREFIX) for name in (CONFIG, JSON, QUIET))}
    there = {name: name.upper().removeprefix(PREFIX) for name in os.environ if name.upper().startswith(PREFIX)}
    unknown = {name: rest for name, rest in sorted(there.items()) if rest not in known and rest != _OF_OUR_TESTS}
    if not unknown:
        return []
    import difflib  # seldom needed

    from framework import discover

    plugins = tuple(f"{plugin.name.upper().replace('-', '_')}_" for plugin in discover().plugins)
    sentences = []
    for name, rest in unknown.items():
        if rest.startswith(plugins):
            continue
        nearest = difflib.get_close_matches(rest, known, n=1)
        others = ", ".join(PREFIX + other for other in sorted(known))
        advice = f"did you mean {PREFIX}{nearest[0]}?" if nearest else f"there are {others}."
        sentences.append(f"The environment variable {excerpt(name)} is not known, and ignored; {advice}")
    return sentences
