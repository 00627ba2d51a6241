"""How a check ended, and the finding when it failed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from framework.contract.model.cause import Cause
from framework.contract.model.check import Check
from framework.contract.model.violation import TooSlow, Unsteady, Violation

UNKNOWN = "Nothing is known about what the check looks for: {title}. On a busy machine, try again when it is quiet."
"""What is said in place of a check's own reasons when it ran out of time."""


class Verdict(StrEnum):
    """How a check ended. Only the first three are good, and NOT_CHECKED leaves its flaw classes open."""

    PASSED = "passed"
    NOT_APPLICABLE = "not applicable"
    NOT_CHECKED = "not checked"
    WAIVED = "waived"
    FAILED = "FAILED"
    ERROR = "ERROR"

    @property
    def ran(self) -> bool:
        """Whether the check looked at the plugin to the end."""
        return self in (Verdict.PASSED, Verdict.FAILED, Verdict.WAIVED)


@dataclass(frozen=True)
class Finding:
    """What a failed check found. `reproduce` is a command line.

    `cause` is the line of the plugin that raised, if one did; `too_slow`: the check ran out of time and found nothing;
    `unsteady`: what the plugin gives is not the same each time, from which other findings may follow.
    """

    check: str
    title: str
    what: str
    why: str
    precedent: str
    inputs: Mapping[str, str]
    seed: str
    reproduce: str
    cause: Cause | None = None
    too_slow: bool = False
    unsteady: bool = False


@dataclass(frozen=True)
class Outcome:
    """How one check ended. `note` says why it did not run, or what went wrong in the kit."""

    check: str
    verdict: Verdict
    note: str = ""
    seconds: float = 0.0
    finding: Finding | None = None
    flaws: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Write it as JSON's own types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> "Outcome":
        """Read what `to_dict` wrote."""
        finding = fields["finding"]
        if finding and finding["cause"]:
            finding = {**finding, "cause": Cause(**finding["cause"])}
        return cls(
            fields["check"],
            Verdict(fields["verdict"]),
            fields["note"],
            fields["seconds"],
            Finding(**finding) if finding else None,
            tuple(fields["flaws"]),
        )


def finding(check: Check, violation: Violation, arguments: str, seed: str) -> Finding:
    """Make the finding of a violation; `arguments` name the plugin and the effort on a command line."""
    reproduce = f"suitecase-contract check-plugin {arguments} --only {check.id} --seed {seed!r}"
    title, why, precedent, too_slow = check.title, check.why, check.precedent, isinstance(violation, TooSlow)
    if too_slow and not check.halts:
        title, why, precedent = "the check comes to its end in time", UNKNOWN.format(title=check.title), ""
    return Finding(
        check.id,
        title,
        violation.what,
        why,
        precedent,
        violation.inputs,
        seed,
        reproduce,
        violation.cause,
        too_slow,
        isinstance(violation, Unsteady),
    )
