"""A report as text, JSON, JUnit, and a line for a README."""

import json
import textwrap
from collections.abc import Sequence
from math import ceil
from typing import Any
from xml.etree import ElementTree as ET

from framework.contract.model.outcome import Finding, Outcome, Verdict
from framework.contract.model.report import LEAST_RAN, Report
from framework.contract.report import escape
from framework.contract.report.escape import line, markdown, xml
from framework.contract.report.grouping import Group, grouped, may_follow, root_of, unwritten

ORDER = (Verdict.FAILED, Verdict.ERROR, Verdict.WAIVED, Verdict.NOT_CHECKED, Verdict.NOT_APPLICABLE, Verdict.PASSED)

LONG_SECONDS, SLOWEST = 30.0, 3
"""After a run that took longer, so many of its slowest checks are named."""


SURE = 0.95
"""How sure it is to be that a fault which only some keys show is found."""


def share_found(count: int) -> int:
    """The least part of all keys, in hundredths, of which `count` random keys hold one as surely as that."""
    part: float = 1 - (1 - SURE) ** (1 / count)
    return ceil(100 * part)


def text(report: Report) -> str:
    """What a person reads: findings first, those of one cause as one, then the counts, then what is left open.

    Where results are not the same each time, that is told, and of the findings that may follow from it their names.
    """
    lines = [line(f"{report.target.kind} {report.target.name} of plugin {report.target.plugin}"), ""]
    root = root_of(report.outcomes)
    following = [each for each in report.outcomes if each is not root and may_follow(each)] if root else []
    for group in grouped([each for each in report.outcomes if each not in following]):
        outcome = group[0]
        if outcome.finding is not None:
            lines += [_group_text(outcome.finding, group)]
            lines += [*([_following_text(following)] if outcome is root and following else []), ""]
        elif outcome.verdict in (Verdict.ERROR, Verdict.FAILED):
            lines += [escape.lines(f"{outcome.check} {outcome.verdict}: {outcome.note}"), ""]
    counts = report.counts
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in reversed(ORDER) if counts[verdict])
    lines.append(
        f"{report.ran} of {report.applicable} checks ran: {told}. {report.seconds:.1f} s, seed {report.seed!r}."
    )
    lines += [
        line(f"  {outcome.check} {outcome.verdict}: {outcome.note}")
        for outcome in report.outcomes
        if outcome.verdict in (Verdict.NOT_CHECKED, Verdict.NOT_APPLICABLE, Verdict.WAIVED)
    ]
    if report.seconds > LONG_SECONDS:
        slowest = sorted(report.outcomes, key=lambda outcome: -outcome.seconds)[:SLOWEST]
        lines.append(f"Slowest: {', '.join(f'{outcome.check} {outcome.seconds:.1f} s' for outcome in slowest)}.")
    if report.open_flaws:
        lines.append(f"Left open: {'; '.join(report.open_flaws)}.")
    if report.too_few:
        lines.append(f"Too little ran to say anything: less than {LEAST_RAN:.0%} of what applies.")
    lines.append(_conclusion(report))
    return "\n".join(lines)


def _conclusion(report: Report) -> str:
    if not report.complete:
        return "Some checks only: no verdict on the plugin." + ("" if report.green else " What ran did not pass.")
    if not report.green:
        return "NOT GREEN."
    oracle, plugin = report.target.oracle, report.target.name
    if not oracle:
        keys = report.known_keys
        if not keys:
            return "GREEN: no flaw was found."
        return (
            "GREEN: no flaw was found. A fault that only some keys show is found with "
            f"{SURE:.0%} by known answers under {keys} keys if {share_found(keys)}% of all keys show it, a rarer one "
            "seldom: an oracle (--oracle) is asked about further keys."
        )
    return (
        f"GREEN: no flaw was found, with the oracle {oracle}. A test that does not name it looks for known answers "
        f'instead: contract_for("{plugin}", oracle="{oracle}").'
    )


def _group_text(finding: Finding, group: Group) -> str:
    """The first finding of a group, and which other checks tell the same."""
    checks = ", ".join(outcome.check for outcome in group)
    missing = unwritten(finding)
    if len(group) == 1:
        return finding_text(finding, group[0])
    if missing:
        return (
            f"{finding.check} {group[0].verdict}: {line(missing)}: {len(group)} checks wait for it\n"
            f"{textwrap.fill(checks, 110, initial_indent='    checks      ', subsequent_indent=' ' * 16)}\n"
            f"    again       {line(finding.reproduce)}"
        )
    return f"{finding_text(finding, group[0])}\n    as well     {checks.partition(', ')[2]}, for the same cause"


def _following_text(following: Sequence[Outcome]) -> str:
    """Failures that are told in a line each, beneath the one to mend first."""
    lines = [
        textwrap.shorten(line(f"{each.check} {each.finding.what}"), 94, placeholder=" …")
        for each in following
        if each.finding
    ]
    told = f"\n{' ' * 16}".join(lines)
    return (
        f"    may follow  from this, so mend it first and look again (all is told by --format json):\n{' ' * 16}{told}"
    )


def finding_text(finding: Finding, outcome: Outcome) -> str:
    """One finding, a line for each of its parts, fit for a terminal."""
    rows = [f"{finding.check} {outcome.verdict}: {finding.what}", f"    must hold   {finding.title}"]
    rows += [f"    {name:<11} {value}" for name, value in finding.inputs.items()]
    rows.append(f"    why         {finding.why}")
    if finding.precedent:
        rows.append(f"    seen before {finding.precedent}")
    if finding.cause is not None:
        rows.append(f"    raised      {finding.cause.error} in `{finding.cause.call}` ({finding.cause.place})")
    if outcome.note:
        rows.append(f"    note        {outcome.note}")
    rows += [f"    again       {finding.reproduce}", f"    more        suitecase-contract explain {finding.check}"]
    return "\n".join(map(line, rows))


def as_json(reports: Sequence[Report]) -> str:
    """For programs."""
    return json.dumps({"reports": [_fields(report) for report in reports]}, indent=1)


def _fields(report: Report) -> dict[str, Any]:
    return {
        "plugin": report.target.plugin,
        "kind": str(report.target.kind),
        "name": report.target.name,
        "seed": report.seed,
        "effort": report.effort,
        "complete": report.complete,
        "green": report.green,
        "seconds": round(report.seconds, 3),
        "counts": {verdict.value: count for verdict, count in report.counts.items()},
        "left_open": list(report.open_flaws),
        "outcomes": [outcome.to_dict() for outcome in report.outcomes],
    }


def as_junit(reports: Sequence[Report]) -> str:
    """For continuous integration."""
    root = ET.Element("testsuites")
    for report in reports:
        counts = report.counts
        suite = ET.SubElement(
            root,
            "testsuite",
            name=xml(f"{report.target.kind} {report.target.name}"),
            tests=str(len(report.outcomes)),
            failures=str(counts[Verdict.FAILED]),
            errors=str(counts[Verdict.ERROR]),
            skipped=str(counts[Verdict.NOT_APPLICABLE] + counts[Verdict.NOT_CHECKED]),
        )
        for outcome in report.outcomes:
            case = ET.SubElement(
                suite, "testcase", classname=xml(report.target.name), name=outcome.check, time=f"{outcome.seconds:.3f}"
            )
            _junit_result(case, outcome)
    return ET.tostring(root, encoding="unicode")


def _junit_result(case: ET.Element, outcome: Outcome) -> None:
    if outcome.verdict is Verdict.FAILED:
        what = outcome.finding.what if outcome.finding else outcome.note
        ET.SubElement(case, "failure", message=xml(what)).text = (
            finding_text(outcome.finding, outcome) if outcome.finding else xml(outcome.note)
        )
    elif outcome.verdict is Verdict.ERROR:
        ET.SubElement(case, "error", message="the kit or the oracle failed, not the plugin").text = xml(outcome.note)
    elif outcome.verdict is not Verdict.PASSED:
        ET.SubElement(case, "skipped", message=xml(f"{outcome.verdict}: {outcome.note}"))


def badge(report: Report) -> str:
    """A line for a README."""
    colour = "brightgreen" if report.green and report.complete else "red"
    said = f"{report.ran}%20of%20{report.applicable}%20checks" if report.green else "not%20green"
    url = f"https://img.shields.io/badge/suitecase%20contract-{said}-{colour}"
    return f"![suitecase contract: {markdown(report.target.name)}]({url})"
