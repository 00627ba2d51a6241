"""A report as text, JSON, JUnit, and a line for a README."""

import json
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

from framework.contract.outcome import Finding, Outcome, Verdict
from framework.contract.report import LEAST_RAN, Report

ORDER = (Verdict.FAILED, Verdict.ERROR, Verdict.WAIVED, Verdict.NOT_CHECKED, Verdict.NOT_APPLICABLE, Verdict.PASSED)


def text(report: Report) -> str:
    """What a person reads: findings first, then the counts, then what is left open."""
    lines = [f"{report.target.kind} {report.target.name} of plugin {report.target.plugin}", ""]
    for outcome in report.outcomes:
        if outcome.finding is not None:
            lines += [finding_text(outcome.finding, outcome), ""]
        elif outcome.verdict in (Verdict.ERROR, Verdict.FAILED):
            lines += [f"{outcome.check} {outcome.verdict}: {outcome.note}", ""]
    counts = report.counts
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in reversed(ORDER) if counts[verdict])
    lines.append(
        f"{report.ran} of {report.applicable} checks ran: {told}. {report.seconds:.1f} s, seed {report.seed!r}."
    )
    lines += [
        f"  {outcome.check} {outcome.verdict}: {outcome.note}"
        for outcome in report.outcomes
        if outcome.verdict in (Verdict.NOT_CHECKED, Verdict.NOT_APPLICABLE, Verdict.WAIVED)
    ]
    if report.open_flaws:
        lines.append(f"Left open: {'; '.join(report.open_flaws)}.")
    if report.too_few:
        lines.append(f"Too little ran to say anything: less than {LEAST_RAN:.0%} of what applies.")
    lines.append(_conclusion(report))
    return "\n".join(lines)


def _conclusion(report: Report) -> str:
    if not report.complete:
        return "Some checks only: no verdict on the plugin." + ("" if report.green else " What ran did not pass.")
    return "GREEN: no flaw was found." if report.green else "NOT GREEN."


def finding_text(finding: Finding, outcome: Outcome) -> str:
    """One finding."""
    lines = [f"{finding.check} {outcome.verdict}: {finding.what}", f"    must hold   {finding.title}"]
    lines += [f"    {name:<11} {value}" for name, value in finding.inputs.items()]
    lines += [f"    why         {finding.why}", f"    seen before {finding.precedent}"]
    if outcome.note:
        lines.append(f"    note        {outcome.note}")
    return "\n".join(
        [*lines, f"    again       {finding.reproduce}", f"    more        suitecase-contract explain {finding.check}"]
    )


def as_json(reports: Sequence[Report]) -> str:
    """For programs."""
    return json.dumps({"reports": [_fields(report) for report in reports]}, indent=1)


def _fields(report: Report) -> dict[str, Any]:
    return {
        "plugin": report.target.plugin,
        "kind": report.target.kind.value,
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
            name=f"{report.target.kind} {report.target.name}",
            tests=str(len(report.outcomes)),
            failures=str(counts[Verdict.FAILED]),
            errors=str(counts[Verdict.ERROR]),
            skipped=str(counts[Verdict.NOT_APPLICABLE] + counts[Verdict.NOT_CHECKED]),
        )
        for outcome in report.outcomes:
            case = ET.SubElement(
                suite, "testcase", classname=report.target.name, name=outcome.check, time=f"{outcome.seconds:.3f}"
            )
            _junit_result(case, outcome)
    return ET.tostring(root, encoding="unicode")


def _junit_result(case: ET.Element, outcome: Outcome) -> None:
    if outcome.verdict is Verdict.FAILED:
        what = outcome.finding.what if outcome.finding else outcome.note
        ET.SubElement(case, "failure", message=what).text = (
            finding_text(outcome.finding, outcome) if outcome.finding else outcome.note
        )
    elif outcome.verdict is Verdict.ERROR:
        ET.SubElement(case, "error", message="the kit or the oracle failed, not the plugin").text = outcome.note
    elif outcome.verdict is not Verdict.PASSED:
        ET.SubElement(case, "skipped", message=f"{outcome.verdict}: {outcome.note}")


def badge(report: Report) -> str:
    """A line for a README."""
    colour = "brightgreen" if report.green and report.complete else "red"
    said = f"{report.ran}%20of%20{report.applicable}%20checks" if report.green else "not%20green"
    url = f"https://img.shields.io/badge/suitecase%20contract-{said}-{colour}"
    return f"![suitecase contract: {report.target.name}]({url})"
