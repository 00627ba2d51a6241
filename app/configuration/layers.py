"""Where settings come from besides files: what was typed, and the environment. The first layer that sets one wins."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.configuration.environment import PREFIX, value_of


class Layer(Protocol):
    """What sets some settings."""

    @property
    def values(self) -> Mapping[str, Any]:
        """Those that it sets, by name."""
        ...

    def origin(self, name: str) -> str:
        """Call one of them by where it comes from, to begin a sentence with."""
        ...


@dataclass(frozen=True)
class Options:
    """Options of the command line; one that is None or empty was not given."""

    values: Mapping[str, Any]

    @classmethod
    def given(cls, options: Mapping[str, object]) -> "Options":
        """Leave out what was not given."""
        return cls({name: value for name, value in options.items() if value not in (None, [], ())})

    def origin(self, name: str) -> str:
        return f"The option --{name.replace('_', '-')}"


@dataclass(frozen=True)
class Environment:
    """Variables of the environment; an empty one is as good as none."""

    values: Mapping[str, str]

    @classmethod
    def of(cls, names: Iterable[str]) -> "Environment":
        """Read the variables of these settings."""
        found = {name: value_of(PREFIX + name.upper()) for name in names}
        return cls({name: value for name, value in found.items() if value})

    def origin(self, name: str) -> str:
        return f"The environment variable {PREFIX}{name.upper()}"
