"""The kit's own machinery: outcomes, reports, waivers, hanging plugins, output, and what it imports."""

import json
import subprocess
import sys
from hashlib import shake_256
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from framework.contract import Waiver, contract_for
from framework.contract.engine.collection import by_id, catalogue, check_of, checks_for
from framework.contract.engine.finding import targets
from framework.contract.engine.run import run_target
from framework.contract.engine.runner import run_check
from framework.contract.engine.subjects import kinds_of, prefixes
from framework.contract.engine.supervisor import Assignment, Supervisor
from framework.contract.engine.waiver import apply_waivers
from framework.contract.inputs.drbg import Drbg
from framework.contract.model.check import NotChecked, check
from framework.contract.model.outcome import Outcome, Verdict
from framework.contract.model.report import Report
from framework.contract.model.target import Target
from framework.contract.model.trial import Effort, Session, Trial
from framework.contract.model.violation import Violation
from framework.contract.report import render
from framework.contract.testing import BrokenContract
from framework.errors import ConfigurationError
from framework.kinds import BULK_CIPHER, MAC
from framework.registry import Registry
from tests.zoo.species import ROOT, exhibits

HMAC = Target("hmac_sha256", "plugins.hmac_sha256", MAC, "hmac")


def zoo(name: str) -> Target:
    return next(exhibit.target() for exhibit in exhibits() if exhibit.name == name)


@pytest.fixture
def session(partners: Registry) -> Session:
    return Session.begin(HMAC, "1", Effort.QUICK, partners)


@pytest.mark.parametrize("found", catalogue().values(), ids=lambda found: found.id)
def test_every_check_explains_itself(found: object) -> None:
    entry = check_of(getattr(found, "id"))  # noqa: B009
    assert entry.title
    assert entry.how.endswith(".")
    assert entry.why.endswith(".") or entry.why.endswith("?")
    assert entry.flaws
    assert kinds_of(entry)


def test_a_fault_of_the_kit_is_an_error_and_never_a_finding(session: Session) -> None:
    @check("MAC-99", "none", why="none", flaws=("none",))
    def broken(trial: Trial) -> None:
        raise IndexError(trial)

    outcome = run_check(broken, session)
    assert outcome.verdict is Verdict.ERROR
    assert outcome.finding is None
    assert "IndexError" in outcome.note


def test_an_exception_of_the_plugins_is_a_finding_wherever_it_is_raised(partners: Registry) -> None:
    target = zoo("bulk_cipher.EmptyRaises")

    @check("GEN-99", "none", why="none", flaws=("none",))
    def careless(trial: Trial) -> None:
        trial.primitive.encryptor(bytes(32), bytes(16)).encrypt(b"")

    outcome = run_check(careless, Session.begin(target, "1", Effort.QUICK, partners))
    assert outcome.verdict is Verdict.FAILED
    assert outcome.finding is not None
    assert "ValueError" in outcome.finding.what


def test_what_is_not_checked_stays_open(session: Session) -> None:
    @check("MAC-98", "none", why="none", flaws=("a flaw",))
    def unable(_: Trial) -> None:
        raise NotChecked("no eyes")

    report = Report(HMAC, "1", "quick", (run_check(unable, session),))
    assert report.open_flaws == ("a flaw",)
    assert report.too_few
    assert not report.green


def test_the_same_seed_gives_the_same_inputs() -> None:
    assert Drbg("a").bytes(40) == Drbg("a").bytes(40)
    assert Drbg("a").bytes(40) != Drbg("b").bytes(40)
    items = list(range(50))
    Drbg("a").shuffle(items)
    assert sorted(items) == list(range(50))
    assert items != list(range(50))


def test_a_plugin_that_hangs_or_dies_ends_its_worker_and_no_more() -> None:
    class Soon(Assignment):
        seconds = 3.0

    hangs = Soon(zoo("key_exchange.LoopsOnDamagedKeys"), "1", Effort.QUICK)
    with Supervisor(hangs) as supervisor:
        outcome = supervisor.run(check_of("KEX-33"))
        assert outcome.finding is not None
        assert "did not come back" in outcome.finding.what
        assert supervisor.run(check_of("KEX-03")).verdict is Verdict.PASSED


def _outcome(verdict: Verdict, what: str = "the size is 8") -> Outcome:
    from framework.contract.model.outcome import finding

    found = finding(check_of("GEN-02"), Violation(what), "x", "1") if verdict is Verdict.FAILED else None
    return Outcome("GEN-02", verdict, finding=found)


def test_a_waiver_covers_the_failure_that_it_names_and_nothing_else() -> None:
    waiver = Waiver("GEN-02", "the title is written next week", "size is 8")
    assert apply_waivers([_outcome(Verdict.FAILED)], [waiver])[0].verdict is Verdict.WAIVED
    assert apply_waivers([_outcome(Verdict.FAILED, "another")], [waiver])[0].verdict is Verdict.FAILED
    assert apply_waivers([_outcome(Verdict.PASSED)], [waiver])[0].verdict is Verdict.FAILED
    assert apply_waivers([_outcome(Verdict.ERROR)], [waiver])[0].verdict is Verdict.ERROR


def test_forgery_and_secrecy_have_no_waiver() -> None:
    for check_id in ("MAC-04", "CIP-11", "KEX-21", "AEAD-02", "GEN-21"):
        with pytest.raises(ConfigurationError, match="no waiver"):
            Waiver(check_id, "it is only a test", "anything")
    with pytest.raises(ConfigurationError, match="reason"):
        Waiver("GEN-02", "because", "anything")


@pytest.fixture(scope="module")
def report() -> Report:
    return run_target(zoo("mac.AcceptsHalfTag"), effort=Effort.QUICK, only=["MAC-03", "MAC-04"])


def test_a_finding_says_all_that_is_needed(report: Report) -> None:
    (found,) = report.findings
    text = render.text(report)
    for part in (found.what, found.why, found.precedent, "MAC-04", "--seed '1'", "forged"):
        assert part in text
    assert "NOT GREEN" in text or "did not pass" in text
    assert not report.green


def test_a_deep_run_tries_many_sequences_and_its_findings_say_how_to_see_them_again(partners: Registry) -> None:
    @check("MAC-97", "none", why="none", flaws=("none",))
    def always(trial: Trial) -> None:
        raise Violation(f"{trial.sequences(200, 60)}")

    for effort, lengths, option in (
        (Effort.QUICK, [60], ""),
        (Effort.NORMAL, [200], ""),
        (Effort.DEEP, [200] * 40, " --deep"),
    ):
        target = Target(HMAC.plugin, HMAC.entry, HMAC.kind, HMAC.name, "some answers.json", "a.b:c")
        found = run_check(always, Session.begin(target, "1", effort, partners)).finding
        assert found is not None
        assert found.what == str(lengths)
        arguments = f"hmac --vectors 'some answers.json' --oracle a.b:c{option} --only MAC-97 --seed '1'"
        assert found.reproduce == f"suitecase-contract check-plugin {arguments}"


class Parity:
    """A cipher that ignores the low bit of each byte of its key, as DES does, and is quick."""

    key_size, iv_size, max_bytes_per_key = 24, 8, 1 << 30

    def encryptor(self, key: bytes, iv: bytes) -> "ParityStream":
        return ParityStream(shake_256(bytes(byte & 0xFE for byte in key) + iv).digest(64))

    def check_key(self, key: bytes) -> None:
        """There are no weak ones."""


class ParityStream:
    def __init__(self, keystream: bytes) -> None:
        self._keystream = keystream

    def encrypt(self, record: bytes) -> bytes:
        return bytes(a ^ b for a, b in zip(record, self._keystream, strict=False))


def test_among_thousands_of_keys_two_that_differ_in_ignored_bits_are_no_finding(partners: Registry) -> None:
    """With seed 1, a deep run draws five such pairs."""
    des3 = Target("des3", "plugins.des3", BULK_CIPHER, "des3")
    session = Session.begin(des3, "1", Effort.DEEP, partners, Parity())
    assert session.vectors.claims["ignored_key_bits"] == ["01" * 24]
    assert run_check(check_of("CIP-26"), session).verdict is Verdict.PASSED


def test_programs_can_read_the_report(report: Report) -> None:
    (read,) = json.loads(render.as_json([report]))["reports"]
    assert read["counts"] == {"passed": 1, "FAILED": 1}
    suite = ET.fromstring(render.as_junit([report])).find("testsuite")  # noqa: S314 - our own
    assert suite is not None
    assert suite.get("failures") == "1"
    assert "not%20green" in render.badge(report)


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"known: .*hmac"):
        targets("nothing")
    with pytest.raises(ConfigurationError, match=r"those of MAC are MAC-01, .*explain all") as raised:
        check_of("MAC-77")
    assert "CIP-" not in str(raised.value)
    with pytest.raises(ConfigurationError, match="they begin with GEN, CHN, KEX, CIP, MAC, AEAD; "):
        check_of("nothing")


def test_a_person_finds_the_checks_in_their_order() -> None:
    ids = list(by_id())
    assert set(ids) == set(catalogue())
    assert ids.index("GEN-44") + 1 == ids.index("GEN-45")
    for kind in prefixes():
        own = [check_id for check_id in ids if check_id.startswith(f"{kind}-")]
        assert own == sorted(own)
        assert ids[ids.index(own[0]) :][: len(own)] == own


def test_the_built_in_plugins_pass_their_quick_checks(partners: Registry) -> None:
    """Whole runs at normal effort are in `test_tutorial`, deep; here what takes little."""
    for name in ("hmac_sha256", "des3"):
        for target in targets(name):
            session = Session.begin(target, "1", Effort.QUICK, partners)
            checks = [found for found in checks_for(target.kind) if not found.processes]
            outcomes = [run_check(found, session) for found in checks]
            assert [outcome for outcome in outcomes if outcome.verdict in (Verdict.FAILED, Verdict.ERROR)] == []


def test_the_framework_imports_neither_pytest_nor_hypothesis() -> None:
    code = "import sys, framework.contract.cli.commands; print({'pytest', 'hypothesis'} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ended.stdout.strip() == "set()", ended.stderr


@pytest.fixture
def author(tmp_path: Path) -> Path:
    (tmp_path / "test_mine.py").write_text(
        "from framework.contract import contract_for\nTestHmac = contract_for('hmac')\n"
    )
    return tmp_path


def test_one_line_in_a_test_is_a_test_for_each_check(author: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "MAC_0 or GEN_44 or enough",
        str(author),
    ]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    expected = sum(found.id.startswith("MAC-0") for found in checks_for(MAC))
    assert f"{expected + 1} passed, 1 skipped" in ended.stdout, ended.stdout


def test_a_broken_contract_fails_its_test() -> None:
    contract = contract_for("hmac", vectors=ROOT / "tests/zoo/few_answers.json")
    with pytest.raises(BrokenContract, match="MAC-52"):
        getattr(contract(), "test_MAC_52")()  # noqa: B009
    contract.teardown_class()
