"""What is said of a variable SUITECASE_* of the environment that there is not."""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from app.configuration.environment import CONFIG, JSON, PREFIX, QUIET
from app.system.errors import excerpt
from framework import discover

_OF_OUR_TESTS: Final = "DEEP"


def unknown_variables(settings: Iterable[str]) -> list[str]:
    """Say of each variable with our prefix that is none of ours that it is ignored, and which may have been meant.

    What begins with the name of a plugin, as SUITECASE_DES3_ENGINE does, is for that plugin to know.
    """
    known = {*(name.upper() for name in settings), *(name.removeprefix(PREFIX) for name in (CONFIG, JSON, QUIET))}
    there = {name: name.upper().removeprefix(PREFIX) for name in os.environ if name.upper().startswith(PREFIX)}
    unknown = {name: rest for name, rest in sorted(there.items()) if rest not in known and rest != _OF_OUR_TESTS}
    if not unknown:
        return []
    plugins = tuple(f"{plugin.name.upper().replace('-', '_')}_" for plugin in discover().plugins)
    sentences = []
    for name, rest in unknown.items():
        if rest.startswith(plugins):
            continue
        nearest = get_close_matches(rest, known, n=1)
        others = ", ".join(PREFIX + other for other in sorted(known))
        advice = f"did you mean {PREFIX}{nearest[0]}?" if nearest else f"there are {others}."
        sentences.append(f"The environment variable {excerpt(name)} is not known, and ignored; {advice}")
    return sentences
