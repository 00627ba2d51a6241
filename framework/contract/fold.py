"""Findings that have one cause are told as one: a function that is not written yet fails nearly every check."""

from collections.abc import Sequence

from framework.contract.outcome import Finding, Outcome, Verdict

Group = list[Outcome]


def folded(outcomes: Sequence[Outcome]) -> list[Group]:
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
