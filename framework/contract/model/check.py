"""What a check is, and how it ends when it cannot look."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from framework.docstrings import with_docstring


class Layer(StrEnum):
    """The four layers of the kit."""

    GENERIC = "generic"
    ANSWERS = "known answers"
    ADVERSARIAL = "adversarial"
    CHANNEL = "channel"


class NotApplicable(Exception):
    """The check has no object here, for the reason given; nothing is left open."""


class NotChecked(Exception):
    """The check could not look, for the reason given; its flaw classes stay open."""


Body = Callable[[Any], None]
"""Takes the trial of the check's kind, and returns or raises."""


@dataclass(frozen=True)
class Check:
    """One question to a plugin, with a stable id; a plain function answers it by returning or by raising.

    `title` says what must hold, `why` what an attacker does otherwise, `precedent` where it has happened, `flaws`
    which classes of flaw it stands for. `forbids_waiver`: forgery and secrecy are never waived.
    `halts`: that a call comes back is a part of what it asks, so that running out of time breaks the contract.
    `processes`: it starts processes of its own and takes a second rather than milliseconds.
    `refuses`: a plugin passes it by refusing, which `python -O` must not change.
    `of_texts`: it looks at what is written down, which no result of a plugin changes.
    `always`: it runs in every run, for an author repeats a single check while claims are written.
    `steadies`: as long as it fails, what other checks find may follow from that.
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
    refuses: bool
    of_texts: bool
    always: bool
    steadies: bool

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
    refuses: bool = False,
    of_texts: bool = False,
    always: bool = False,
    steadies: bool = False,
) -> Callable[[Body], Check]:
    """Make a check of a function. The layer follows from the id unless it is given."""
    chosen = layer or (Layer.GENERIC if check_id.startswith("GEN") else Layer.ADVERSARIAL)

    def decorate(body: Body) -> Check:
        return Check(
            check_id,
            title,
            why,
            precedent,
            flaws,
            chosen,
            body,
            forbids_waiver,
            halts,
            processes,
            refuses,
            of_texts,
            always,
            steadies,
        )

    return decorate
