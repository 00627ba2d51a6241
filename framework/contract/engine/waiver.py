"""Waivers: a known failure, with its reason, that the run goes on without. None for forgery or secrecy."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from framework.contract.engine.collection import check_of
from framework.contract.model.outcome import Outcome, Verdict
from framework.errors import ConfigurationError


@dataclass(frozen=True)
class Waiver:
    """`check` may fail, for `reason`, and only with a finding that contains `failure`."""

    check: str
    reason: str
    failure: str

    def __post_init__(self) -> None:
        if check_of(self.check).forbids_waiver:
            raise ConfigurationError(f"{self.check} is about forgery or secrecy: there is no waiver for it")
        if len(self.reason.split()) < 3 or not self.failure.strip():
            raise ConfigurationError(f"the waiver of {self.check} needs a reason in words and the failure expected")


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """Read `[[waiver]]` tables with check, reason and failure. Raises ConfigurationError."""
    try:
        tables = tomllib.loads(path.read_text("utf-8")).get("waiver", [])
        return tuple(Waiver(**table) for table in tables)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigurationError(f"{path} cannot be read as waivers: {error}") from None


def apply_waivers(outcomes: Sequence[Outcome], waivers: Sequence[Waiver]) -> list[Outcome]:
    """Turn the failures that were expected into WAIVED, and a waiver whose failure did not come into a failure."""
    by_check = {waiver.check: waiver for waiver in waivers}
    return [_judge(outcome, by_check[outcome.check]) if outcome.check in by_check else outcome for outcome in outcomes]


def _judge(outcome: Outcome, waiver: Waiver) -> Outcome:
    if outcome.verdict is Verdict.FAILED and outcome.finding is not None:
        if waiver.failure in outcome.finding.what:
            return replace(outcome, verdict=Verdict.WAIVED, note=waiver.reason)
        return replace(outcome, note=f"waived was another failure: {waiver.failure!r}")
    if outcome.verdict is Verdict.ERROR:
        return outcome
    return replace(
        outcome, verdict=Verdict.FAILED, note=f"the waiver is out of date: the check {outcome.verdict} unexpectedly"
    )
