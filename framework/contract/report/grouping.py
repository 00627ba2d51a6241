"""Findings that have one cause are told as one: a function that is not written yet fails nearly every check."""

from collections.abc import Sequence

from framework.contract.engine.collection import catalogue
from framework.contract.model.outcome import Finding, Outcome, Verdict

Group = list[Outcome]


def root_of(outcomes: Sequence[Outcome]) -> Outcome | None:
    """The first outcome which says that the plugin does not give the same each time, if one does."""
    return next((each for each in outcomes if each.finding and each.finding.unsteady and not each.note), None)


def may_follow(outcome: Outcome) -> bool:
    """Whether a failure may be nothing but a consequence of a plugin that does not give the same each time."""
    finding = outcome.finding
    if outcome.verdict is not Verdict.FAILED or finding is None or outcome.note:
        return False
    check = catalogue().get(outcome.check)
    return not ((check is not None and check.of_texts) or finding.too_slow or unwritten(finding))


def grouped(outcomes: Sequence[Outcome]) -> list[Group]:
    """Put the outcomes that tell the same together, each group where its first stands."""
    groups: list[Group] = []
    for outcome in outcomes:
        group = next((group for group in groups if tell_the_same(group[0], outcome)), None)
        if group is None:
            groups.append([outcome])
        else:
            group.append(outcome)
    return groups


def tell_the_same(first: Outcome, second: Outcome) -> bool:
    """Whether two checks failed for one cause: a function not yet written, or the same words about the same inputs."""
    if not first.verdict is second.verdict is Verdict.FAILED or first.note or second.note:
        return False
    one, other = first.finding, second.finding
    if one is None or other is None:
        return False
    if one.cause is not None and other.cause is not None and one.cause.same(other.cause):
        return one.cause.unwritten or one.what == other.what
    return one.cause is other.cause is None and (one.what, one.inputs) == (other.what, other.inputs)


def unwritten(finding: Finding) -> str:
    """What is missing, when a check failed for nothing but a function that is not written yet; else empty."""
    cause = finding.cause
    return f"`{cause.call}` is not written yet ({cause.place})" if cause is not None and cause.unwritten else ""
