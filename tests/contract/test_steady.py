"""A plugin that does not give the same each time: that is told first, and no claim is offered for what follows."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from framework.contract.engine.collection import checks_for
from framework.contract.model.check import check
from framework.contract.model.outcome import Outcome, Verdict, finding
from framework.contract.model.report import Report
from framework.contract.model.target import Target
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Unsteady, Violation
from framework.contract.report import render
from framework.contract.report.grouping import may_follow, root_of
from framework.kinds import KINDS, MAC, AnyKind
from tests.zoo.species import exhibits

RunCheck = Callable[..., Outcome]
HMAC = Target("hmac_sha256", "plugins.hmac_sha256", MAC, "hmac")


def target(name: str) -> Target:
    return next(exhibit.target() for exhibit in exhibits() if exhibit.name == name)


def failed(check_id: str, violation: Violation) -> Outcome:
    @check(check_id, "it holds", why="Why.", flaws=("none",))
    def none(_: Trial) -> None:
        pass

    return Outcome(check_id, Verdict.FAILED, "", 0.0, finding(none, violation, "hmac", "1"))


@pytest.mark.parametrize("kind", list(KINDS))
def test_it_is_asked_before_anything_that_is_computed(kind: AnyKind) -> None:
    ids = [found.id for found in checks_for(kind)]
    assert ids[:6] == ["GEN-01", "GEN-02", "GEN-03", "GEN-04", "GEN-05", "GEN-06"]


@pytest.mark.parametrize(
    ("name", "check_id", "what"),
    [
        ("generic.LiveStreams", "GEN-06", "two encryptors with one key and IV, alive at once, disturb each other"),
        ("generic.LiveDecryptors", "GEN-06", "two decryptors with one key and IV, alive at once, disturb each other"),
        ("generic.LiveContexts", "GEN-06", "two contexts with one key, alive at once, disturb each other"),
        ("generic.OneRest", "GEN-05", "one key, IV and record give two results of encrypt"),
    ],
)
def test_what_is_shared_is_said(name: str, check_id: str, what: str, run: RunCheck) -> None:
    found = run(target(name), check_id).finding
    assert found is not None
    assert found.what == what
    assert found.unsteady
    assert "key" in found.inputs


@pytest.mark.parametrize(
    ("name", "check_id", "offered"),
    [("generic.LiveStreams", "CIP-06", False), ("bulk_cipher.AddsInsteadOfXor", "CIP-06", True)],
)
def test_a_claim_is_offered_only_to_a_plugin_that_gives_the_same_each_time(
    name: str, check_id: str, offered: bool, run: RunCheck
) -> None:
    found = run(target(name), check_id).finding
    assert found is not None
    assert ("to claim" in found.inputs) == offered
    assert found.inputs.get("no claim", "GEN-06 fails").startswith("GEN-06 fails")
    assert ("no claim" in found.inputs) != offered


def test_findings_that_may_follow_are_told_in_a_line_each_beneath_it() -> None:
    followers = [
        failed("MAC-01", Violation("a tag is short", message=b"1")),
        failed("MAC-51", Violation("another tag")),
    ]
    apart = [failed("GEN-02", Violation("no title")), failed("MAC-52", Violation("no known answers"))]
    slow = replace(failed("MAC-03", Violation("too slow")))
    assert slow.finding is not None
    slow = replace(slow, finding=replace(slow.finding, too_slow=True))
    root = failed("GEN-05", Unsteady("one key gives two results"))
    outcomes = [apart[0], root, *followers, apart[1], slow, Outcome("MAC-04", Verdict.PASSED)]
    assert root_of(outcomes) is root
    assert [each for each in outcomes if may_follow(each)] == [root, *followers]
    report = Report(HMAC, "1", "normal", outcomes)
    shown = render.text(report)
    assert "GEN-05 FAILED: one key gives two results\n" in shown
    assert f"\n{' ' * 16}MAC-01 a tag is short\n{' ' * 16}MAC-51 another tag\n" in shown
    assert [line.split()[0] for line in shown.splitlines() if " FAILED: " in line] == [
        "GEN-02",
        "GEN-05",
        "MAC-52",
        "MAC-03",
    ]
    (read,) = json.loads(render.as_json([report]))["reports"]
    assert [Outcome.from_dict(outcome) for outcome in read["outcomes"]] == outcomes
    assert render.as_junit([report]).count("<failure") == 6


def test_without_such_a_finding_each_is_told_by_itself() -> None:
    outcomes = [failed("MAC-01", Violation("a tag is short")), failed("MAC-51", Violation("another tag"))]
    shown = render.text(Report(HMAC, "1", "normal", outcomes))
    assert shown.count("FAILED: ") == 2
    assert "may follow" not in shown
