"""What a check is, and the three ways in which it can end other than by passing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from framework.contract.model.cause import Cause
from framework.docstrings import with_docstring

if TYPE_CHECKING:
    from framework.contract.model.trial import Trial


class Layer(StrEnum):
    """The four layers of the kit."""

    GENERIC = "generic"
    ANSWERS = "known answers"
    ADVERSARIAL = "adversarial"
    CHANNEL = "channel"


class Violation(Exception):
    """The plugin broke its contract. `inputs` are what shows it, the smallest that the check knows."""

    def __init__(self, what: str, **inputs: object) -> None:
        super().__init__(what)
        self.what = what
        self.inputs: Mapping[str, str] = {name: shown(value) for name, value in inputs.items()}
        self.cause: Cause | None = None


class TooSlow(Violation):
    """The check did not come to its end in time, so nothing is known about what it looks for."""


class Unsteady(Violation):
    """The plugin does not give the same each time, so that whatever else fails may follow from that."""


class NotApplicable(Exception):
    """The check has no object here, for the reason given; nothing is left open."""


class NotChecked(Exception):
    """The check could not look, for the reason given; its flaw classes stay open."""


Body = Callable[["Trial"], None]


@dataclass(frozen=True)
class Check:
    """One question to a plugin, with a stable id; a plain function answers it by returning or by raising.

    `title` says what must hold, `why` what an attacker does otherwise, `precedent` where it has happened, `flaws`
    which classes of flaw it stands for. `forbids_waiver`: forgery and secrecy are never waived.
    `halts`: that a call comes back is a part of what it asks, so that running out of time breaks the contract.
    `processes`: it starts processes of its own and takes a second rather than milliseconds.
    """

    id: str
    title: str
    why: str
    precedent: str
    flaws: tuple[str, ...]
    layer: Layer
    body: Body
    forbids_waiver: bool
    halts: bool
    processes: bool

    @property
    def prefix(self) -> str:
        """The first part of the id, which says what the check is for."""
        return self.id.partition("-")[0]

    @property
    def how(self) -> str:
        """What the check does, in the words of its docstring."""
        return " ".join((with_docstring(self.body).__doc__ or "").split())


def check(
    check_id: str,
    title: str,
    *,
    why: str,
    flaws: tuple[str, ...],
    precedent: str = "none known to the authors",
    layer: Layer | None = None,
    forbids_waiver: bool = False,
    halts: bool = False,
    processes: bool = False,
) -> Callable[[Body], Check]:
    """Make a check of a function. The layer follows from the id unless it is given."""
    chosen = layer or (Layer.GENERIC if check_id.startswith("GEN") else Layer.ADVERSARIAL)

    def decorate(body: Body) -> Check:
        return Check(check_id, title, why, precedent, flaws, chosen, body, forbids_waiver, halts, processes)

    return decorate


def shown(value: object, limit: int = 96) -> str:
    """Write an input for a person: bytes in hex, cut to `limit` bytes."""
    if isinstance(value, bytes | bytearray | memoryview):
        octets = bytes(value)
        hexed = octets[:limit].hex() or "empty"
        return f"{hexed}{'…' if len(octets) > limit else ''} ({len(octets)} bytes)"
    if isinstance(value, tuple | list):
        inner = ", ".join(shown(item, limit=24) for item in value[:12])
        return f"[{inner}{', …' if len(value) > 12 else ''}]"
    return str(value)[: 4 * limit]
