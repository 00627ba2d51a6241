"""What findings say beside what was found: one cause told once, where a claim is written, and when time ran out."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from framework.contract.checks.generic import surroundings
from framework.contract.engine.child import environment
from framework.contract.engine.collection import check_of
from framework.contract.engine.run import run_target
from framework.contract.engine.runner import run_check
from framework.contract.engine.supervisor import Assignment, Supervisor
from framework.contract.model.cause import Cause, cause_left, cause_told
from framework.contract.model.check import check
from framework.contract.model.outcome import Outcome, Verdict, finding
from framework.contract.model.report import Report
from framework.contract.model.target import Target
from framework.contract.model.trial import Effort, Session, Trial
from framework.contract.model.violation import TooSlow, Violation
from framework.contract.report import render
from framework.contract.report.grouping import grouped
from framework.kinds import BULK_CIPHER, MAC
from framework.registry import Registry
from tests.zoo.species import ROOT, exhibits

RunCheck = Callable[..., Outcome]
HMAC = Target("hmac_sha256", "plugins.hmac_sha256", MAC, "hmac")
AES = Target("peers", "tests.support.peers", BULK_CIPHER, "aes256ctr")


@check("MAC-97", "tags are large", why="A tag of a byte is guessed.", flaws=("none",), precedent="somewhere")
def sleeps(_: Trial) -> None:
    time.sleep(20)


@check("MAC-96", "a call ends", why="It hangs.", flaws=("none",), precedent="somewhere", halts=True)
def sleeps_where_that_is_asked(_: Trial) -> None:
    time.sleep(20)


def failed(check_id: str, what: str, cause: Cause | None = None, **inputs: object) -> Outcome:
    @check(check_id, f"the title of {check_id}", why="Why.", flaws=("none",))
    def none(_: Trial) -> None:
        pass

    violation = Violation(what, **inputs)
    violation.cause = cause
    return Outcome(check_id, Verdict.FAILED, "", 0.0, finding(none, violation, "hmac", "1"))


def unwritten(line: int) -> Cause:
    return Cause("NotImplementedError", "/where/mine/__init__.py", line, "tag")


def test_what_ran_out_of_time_says_nothing_of_what_it_looks_for(partners: Registry) -> None:
    session = Session.begin(HMAC, "1", Effort.QUICK, partners)
    found = run_check(sleeps, session, 0.2).finding
    assert found is not None
    assert found.too_slow
    assert "too slow for the calls of this check, or hung" in found.what
    shown = render.finding_text(found, Outcome("MAC-97", Verdict.FAILED))
    assert "Nothing is known about what the check looks for: tags are large." in shown
    assert "guessed" not in shown
    assert "seen before" not in shown
    found = run_check(sleeps_where_that_is_asked, session, 0.2).finding
    assert found is not None
    assert (found.title, found.why) == ("a call ends", "It hangs.")


def test_running_out_of_time_under_optimisation_is_no_missing_assert(
    partners: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Outcome("MAC-03", Verdict.FAILED, "", 60.0, finding(sleeps, TooSlow("too late"), "hmac", "1"))
    monkeypatch.setattr(Supervisor, "run", lambda *_: late)
    found = run_check(surroundings.optimised, Session.begin(HMAC, "1", Effort.QUICK, partners)).finding
    assert found is not None
    assert found.too_slow
    assert found.what == "under -O, MAC-03: too late"
    assert "assert statements" not in found.why


def test_a_worker_that_was_ended_has_taken_its_time() -> None:
    class Soon(Assignment):
        seconds = 1.5

    target = next(exhibit.target() for exhibit in exhibits() if exhibit.name == "key_exchange.LoopsOnDamagedKeys")
    with Supervisor(Soon(target, "1", Effort.QUICK)) as supervisor:
        outcome = supervisor.run(check_of("KEX-33"))
    assert outcome.seconds >= 1.5
    assert outcome.finding is not None
    assert outcome.finding.title == check_of("KEX-33").title


@pytest.mark.parametrize(("seconds", "named"), [(1.0, False), (20.0, True)])
def test_a_long_run_names_its_slowest_checks(seconds: float, named: bool) -> None:
    outcomes = [Outcome(f"MAC-0{n}", Verdict.PASSED, "", n * seconds / 5) for n in range(1, 6)]
    shown = render.text(Report(HMAC, "1", "normal", outcomes))
    assert ("Slowest: MAC-05 20.0 s, MAC-04 16.0 s, MAC-03 12.0 s." in shown) == named
    assert ("Slowest" in shown) == named


def test_findings_of_one_cause_are_told_as_one_and_programs_read_them_all() -> None:
    outcomes = [
        failed("MAC-01", "tag raised NotImplementedError", unwritten(7), message=b"1"),
        failed("MAC-02", "no channel can be made", unwritten(7)),
        failed("MAC-03", "verify raised NotImplementedError", unwritten(9)),
        failed("MAC-04", "no known answers", place="a file"),
        failed("MAC-05", "no known answers", place="a file"),
        failed("MAC-06", "no known answers", place="another file"),
        failed("MAC-07", "tag raised ValueError", Cause("ValueError", "/m.py", 3, "tag"), message=b"1"),
        failed("MAC-08", "tag raised ValueError", Cause("ValueError", "/m.py", 3, "tag"), message=b"2"),
        failed("MAC-09", "a tag is short", Cause("ValueError", "/m.py", 3, "tag")),
        replace(failed("MAC-10", "no known answers", place="a file"), note="waived was another failure"),
        Outcome("MAC-11", Verdict.PASSED),
        Outcome("MAC-12", Verdict.PASSED),
    ]
    groups = [[outcome.check[-2:] for outcome in group] for group in grouped(outcomes)]
    assert groups == [["01", "02"], ["03"], ["04", "05"], ["06"], ["07", "08"], ["09"], ["10"], ["11"], ["12"]]
    report = Report(HMAC, "1", "normal", outcomes)
    shown = render.text(report)
    assert "MAC-01 FAILED: `tag` is not written yet (mine/__init__.py:7): 2 checks wait for it" in shown
    assert "    checks      MAC-01, MAC-02\n" in shown
    assert "MAC-02 FAILED" not in shown
    assert "    as well     MAC-08, for the same cause" in shown
    (read,) = json.loads(render.as_json([report]))["reports"]
    assert [outcome["finding"]["what"] for outcome in read["outcomes"][:2]] == [
        "tag raised NotImplementedError",
        "no channel can be made",
    ]
    assert [Outcome.from_dict(outcome) for outcome in read["outcomes"]] == outcomes
    assert render.as_junit([report]).count("<failure") == 10


def test_a_cause_is_read_from_what_the_guard_and_another_process_say() -> None:
    told = "no channel: plugin 'x' (x): encrypt raised NotImplementedError at /where/mine/__init__.py:44"
    assert cause_told(told) == Cause("NotImplementedError", "/where/mine/__init__.py", 44, "encrypt")
    assert cause_told("encrypt gave 3 bytes") is None
    left = (
        "a warning\n"
        'Traceback (most recent call last):\n  File "/kit/faces.py", line 44, in invoke\n    return f()\n'
        '  File "/where/mine/__init__.py", line 7, in tag\n    raise ValueError\nValueError: bad\n\n'
        "The above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n"
        '  File "/kit/adapters.py", line 46, in invoke\n    raise Violation\n'
        "framework.contract.model.check.Violation: bad\n"
    )
    assert cause_left(left) == Cause("ValueError", "/where/mine/__init__.py", 7, "tag")
    assert (
        cause_left(left.replace("/where/mine/__init__.py", str(ROOT / "framework/contract/model/adapters.py"))) is None
    )


def claims(tmp_path: Path, **claimed: object) -> str:
    place = tmp_path / "claims.json"
    place.write_text(json.dumps({"primitives": {"aes256ctr": {"claims": claimed}}}))
    return str(place)


@pytest.mark.parametrize(
    ("check_id", "claimed", "said"),
    [
        ("CIP-03", {"continuous": False}, ('{"continuous": false}', '{"continuous": true}')),
        ("CIP-06", {"xor_stream": False}, ('{"xor_stream": false}', '{"xor_stream": true}')),
        ("CIP-23", {"ignored_key_bits": ["01" + "00" * 31]}, ("01" + "00" * 31, '["' + "00" * 32)),
        ("CIP-25", {"weak_keys": ["00" * 32]}, ("00" * 32,)),
    ],
)
def test_a_false_claim_is_shown_where_and_as_it_is_written(
    check_id: str, claimed: dict[str, object], said: tuple[str, ...], tmp_path: Path, run: RunCheck
) -> None:
    place = claims(tmp_path, **claimed)
    found = run(replace(AES, vectors=place), check_id).finding
    assert found is not None
    assert found.inputs["place"] == place
    lines = [found.inputs[label] for label in ("claim", "to say") if label in found.inputs]
    assert len(lines) == len(said)
    for line, part in zip(lines, said, strict=True):
        assert line.startswith('"claims": {"')
        assert part in line


def test_a_claim_that_is_missing_is_shown_as_it_would_be_written(tmp_path: Path, run: RunCheck) -> None:
    exhibit = next(exhibit for exhibit in exhibits() if exhibit.name == "bulk_cipher.BeginsAgainAtTheLimit")
    place = claims(tmp_path)
    found = run(replace(exhibit.target(), vectors=place), "CIP-33").finding
    assert found is not None
    assert "claim" not in found.inputs
    assert found.inputs["to claim"] == '"claims": {"enforces_limit": true}'


@pytest.mark.parametrize(("claimed", "told"), [({"enforces_limits": True, "continous": 1}, True), ({}, False)])
def test_all_misspelt_claims_are_named_in_every_run(claimed: dict[str, object], told: bool, tmp_path: Path) -> None:
    target = replace(AES, vectors=claims(tmp_path, **claimed))
    report = run_target(target, only=["CIP-22"])
    assert [outcome.check for outcome in report.outcomes] == ["CIP-22", *["GEN-04"] * told]
    assert report.green is not told
    if told:
        shown = render.text(report)
        assert "'continous', 'enforces_limits', which are no claims; known for this kind: continuous" in shown
        assert target.vectors in shown


def test_a_counter_that_does_not_wrap_is_told_to(run: RunCheck) -> None:
    exhibit = next(exhibit for exhibit in exhibits() if exhibit.name == "bulk_cipher.SaturatingCounter")
    found = run(exhibit.target(), "CIP-31").finding
    assert found is not None
    assert found.what == f"the counter does not go on from 0x{'f' * 32} to 0: it must wrap (modulo 2^128)"


def test_a_green_run_with_an_oracle_reminds_of_the_test_without() -> None:
    passed = [Outcome("MAC-01", Verdict.PASSED)]
    without = render.text(Report(replace(HMAC, vectors="none.json"), "1", "normal", passed))
    assert without.endswith("GREEN: no flaw was found.")
    shown = render.text(Report(replace(HMAC, oracle="a.b:c"), "1", "normal", passed)).splitlines()[-1]
    assert shown.startswith("GREEN: no flaw was found, with the oracle a.b:c.")
    assert 'contract_for("hmac", oracle="a.b:c")' in shown


SHADOWS = "raise SystemExit('a module of the folder where the kit runs was imported')"


@pytest.mark.parametrize(("first", "passes"), [("sys.path.pop(0)", True), ("pass", False)])
def test_a_child_finds_what_the_kit_finds_and_nothing_of_the_folder_where_it_runs(
    first: str, passes: bool, tmp_path: Path
) -> None:
    """`colorsys` is of the standard library, and imported by nobody: the plugin does it when it is loaded."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "colorsys.py").write_text(SHADOWS)
    (tmp_path / "peeks.py").write_text("import colorsys\nfrom plugins.hmac_sha256 import *\n")
    program = (
        f"import sys; {first}; sys.path.append({str(tmp_path)!r})\n"
        "from framework.contract.engine.run import run_target\n"
        "from framework.contract.model.target import Target\n"
        "from framework.kinds import MAC\n"
        "report = run_target(Target('peeks', 'peeks', MAC, 'hmac'), only=['MAC-02', 'GEN-42', 'GEN-41'])\n"
        "print([outcome.verdict.value for outcome in report.outcomes])\n"
    )
    command = [sys.executable, "-c", program]
    environ = {**environment(), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, cwd=tmp_path / "here", env=environ, capture_output=True, text=True, timeout=100)
    assert (ended.stdout.strip() == "['passed', 'passed', 'passed']") is passes, ended.stderr
    assert ("of the folder where the kit runs" in ended.stderr) is not passes


def test_a_worker_that_nobody_hears_any_more_ends_without_a_word() -> None:
    command = [
        sys.executable,
        "-P",
        "-m",
        "framework.contract.engine.worker",
        Assignment(HMAC, "1", Effort.QUICK).to_json(),
    ]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment(), text=True) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        assert worker.stderr is not None
        assert worker.stdout.readline() == "ready\n"
        worker.stdout.close()
        print("MAC-02", file=worker.stdin, flush=True)
        assert worker.stderr.read() == ""
        assert worker.wait(30) == 1


def test_a_cause_in_another_file_than_the_plugins_is_none(partners: Registry) -> None:
    session = Session.begin(HMAC, "1", Effort.QUICK, partners, SimpleNamespace(info=None))

    @check("MAC-95", "none", why="None.", flaws=("none",))
    def raises(_: Trial) -> None:
        raise Violation("none") from ValueError()

    found = run_check(raises, session).finding
    assert found is not None
    assert found.cause is None
