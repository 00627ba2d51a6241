"""What an attack is, as a value: its number, what the attacker does, what a correct system shows, and how to run it.

Nothing here needs a test runner. Who runs an attack gives it a stage (`tests.attacks.stage`), and gets a verdict.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Literal

from framework import FailureReason

if TYPE_CHECKING:
    from tests.attacks.stage import Stage

AUTHENTICATION, CLOCK, LIMIT = FailureReason.AUTHENTICATION, FailureReason.CLOCK, FailureReason.LIMIT
MALFORMED, TRUNCATED, TIMEOUT = FailureReason.MALFORMED, FailureReason.TRUNCATED, FailureReason.TIMEOUT
CONNECTION, PLUGIN = FailureReason.CONNECTION, FailureReason.PLUGIN

Side = Literal["bank", "client"]
"""Who is attacked; the other is imitated, or stands on the attacker's side."""

BANK: Side = "bank"
CLIENT: Side = "client"
BOTH_SIDES: tuple[Side, Side] = (BANK, CLIENT)

Play = Callable[..., Awaitable[None]]
"""`play(stage, **parameters)` does the attack. Raises SurpriseError where something shows that must not."""

Parameters = dict[str, object]


class SurpriseError(Exception):
    """The system under attack did what a correct one does not do."""


class NoSuchAddressError(Exception):
    """This machine lacks a loopback address that the attack comes from, so the attack cannot be run on it."""


def expect(holds: bool, claim: str) -> None:
    """Raise SurpriseError unless this holds; `claim` says it in words."""
    if not holds:
        raise SurpriseError(f"not so: {claim}")


def expect_same(seen: object, wanted: object, what: str) -> None:
    """Raise SurpriseError unless both are equal."""
    if seen != wanted:
        raise SurpriseError(f"{what}: {seen!r}, where a correct system has {wanted!r}")


@dataclass(frozen=True)
class Step:
    """One thing that somebody did in an attack, for a screen that shows it."""

    who: str
    """`attacker`, `bank` or `client`."""
    does: str
    data: bytes = field(default=b"", repr=False)
    """The bytes that it gave or said, if any."""


Observer = Callable[[Step], None]


def unobserved(_: Step) -> None:
    """Watch nothing."""


@dataclass(frozen=True)
class Outcome:
    """What an attack came to: why each side refused what it was given, and the money that moved."""

    bank: frozenset[FailureReason] = frozenset()
    client: frozenset[FailureReason] = frozenset()
    moved: int = 0
    """By how many minor units the victim's balance differs from what it was."""

    def __str__(self) -> str:
        sides = [("the bank", self.bank), ("the client", self.client)]
        said = [f"{side} refuses: {', '.join(sorted(reasons))}" for side, reasons in sides if reasons]
        said += [f"the victim's balance changes by {self.moved}"] if self.moved else []
        return "; ".join(said) or "nothing is refused and no money moves"


SERVED = Outcome()
"""Nothing was refused, and no money moved: the attack is without effect."""


def refused(side: Side, *reasons: FailureReason, moved: int = 0) -> Outcome:
    """One side refuses what it was given, for one of these reasons each time."""
    return Outcome(**{side: frozenset(reasons)}, moved=moved)


Expectation = Outcome | Callable[..., Outcome]
"""What a correct system shows; or a function of some of the parameters, by their names."""


@dataclass(frozen=True)
class Case:
    """One way to run an attack."""

    name: str
    play: Play
    parameters: Parameters
    expected: Outcome

    @property
    def about(self) -> str:
        """What is particular about it, in words; empty where the attack says all."""
        return inspect.getdoc(self.play) or ""

    async def run(self, stage: "Stage") -> "Verdict":
        """Play it on this stage, which is used once. Raises NoSuchAddressError, and what the machine raises."""
        try:
            await self.play(stage, **self.parameters)
        except SurpriseError as surprise:
            return Verdict(self, stage.outcome(), str(surprise))
        return Verdict(self, stage.outcome())


@dataclass(frozen=True)
class Verdict:
    """What happened, beside what should have."""

    case: Case
    outcome: Outcome
    surprise: str = ""
    """What showed that must not, in words; empty if nothing did."""

    @property
    def as_expected(self) -> bool:
        """Whether the system withstood the attack."""
        return not self.surprise and self.outcome == self.case.expected

    def __str__(self) -> str:
        if self.as_expected:
            return f"withstood: {self.outcome}"
        return self.surprise or f"{self.outcome}; a correct system shows: {self.case.expected}"


@dataclass(frozen=True)
class Attack:
    """An attack that can be run."""

    number: int
    title: str
    sections: str
    """The sections of PROTOCOL.md that answer it, as `§6.1, §6.2`; empty where the application answers it."""
    does: str
    """What the attacker holds and does."""
    shows: str
    """What a correct system shows."""
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Elsewhere:
    """A number that is no attack of this package: `where` names the files that cover it; empty if nothing does."""

    number: int
    title: str
    why: str
    where: tuple[str, ...] = ()


def rows(names: str, *values: tuple[object, ...]) -> list[Parameters]:
    """Choices of several parameters at once: their names, and a tuple for each choice."""
    return [dict(zip(names.split(), each, strict=True)) for each in values]


def variants(
    play: Play, *choices: Iterable[Parameters], expected: Expectation, **axes: Iterable[object]
) -> Iterator[Case]:
    """Give a case for every combination of the choices and of the values of each axis."""
    dimensions = [*map(list, choices), *([{name: value} for value in values] for name, values in axes.items())]
    for combination in product(*dimensions):
        parameters = {name: value for part in combination for name, value in part.items()}
        name = "-".join([play.__name__, *(str(value) for value in parameters.values())])
        yield Case(name, play, parameters, _resolved(expected, parameters))


def _resolved(expected: Expectation, parameters: Parameters) -> Outcome:
    if isinstance(expected, Outcome):
        return expected
    return expected(**{name: parameters[name] for name in inspect.signature(expected).parameters})
