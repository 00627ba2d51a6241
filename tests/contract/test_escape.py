"""What a plugin says reaches a person and a program whole, and does nothing to them: any `str`, in every format."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.contract import contract_for
from framework.contract.engine.child import environment
from framework.contract.model.cause import Cause
from framework.contract.model.outcome import Finding, Outcome, Verdict
from framework.contract.model.report import Report
from framework.contract.model.target import Target
from framework.contract.report import escape, render
from framework.contract.testing import BrokenContract
from framework.kinds import MAC
from framework.printable import MAX_TOLD, printable, told
from tests.support.metadata import write_distribution

ROOT = Path(__file__).resolve().parents[2]
ANY = st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(
    [
        "\0",
        "\x1b[2J",
        "\x9b2J",
        "\u202e",
        "\ud800",
        "[/b]",
        "\ufffe",
        "a\nGREEN: no flaw was found.",
        "]]>",
        "\x85",
        "\u2028",
    ]
)


def report(text: str, verdict: Verdict) -> Report:
    """A report in which a stranger has the word wherever one has."""
    found = Finding("MAC-04", text, text, text, text, {text: text}, "1", text, Cause(text, text, 7, text))
    finding = found if verdict is Verdict.FAILED else None
    outcome = Outcome("MAC-04", verdict, text, 0.1, finding, ("a flaw",))
    return Report(Target(text, text, MAC, text, "none.json"), "1", "quick", (outcome,))


@given(ANY, st.sampled_from(list(Verdict)))
def test_text_is_harmless_at_a_terminal(text: str, verdict: Verdict) -> None:
    shown = render.text(report(text, verdict))
    assert all(letter.isprintable() or letter == "\n" for letter in shown)
    shown.encode("utf-8")
    verdicts = [line for line in shown.splitlines() if line.startswith("GREEN")]
    assert len(verdicts) == (verdict in (Verdict.PASSED, Verdict.WAIVED)), shown


@given(ANY, st.sampled_from(list(Verdict)))
def test_junit_is_xml(text: str, verdict: Verdict) -> None:
    written = render.as_junit([report(text, verdict)])
    assert all(letter.isprintable() or letter == "\n" for letter in written)
    root = ET.fromstring(written.encode("utf-8"))  # noqa: S314 - our own
    suite = root.find("testsuite")
    assert suite is not None
    assert suite.get("name") == f"MAC {escape.xml(text)}".replace("\r\n", "\n")


@given(ANY, st.sampled_from(list(Verdict)))
def test_json_is_read_back_whole(text: str, verdict: Verdict) -> None:
    written = render.as_json([report(text, verdict)])
    assert written.isascii()
    (read,) = json.loads(written)["reports"]
    assert (read["plugin"], read["name"], read["outcomes"][0]["note"]) == (text, text, text)


@given(ANY)
def test_a_badge_is_one_image_of_markdown(text: str) -> None:
    badge = render.badge(report(text, Verdict.PASSED))
    assert badge.isprintable()
    inner = badge.removeprefix("![suitecase contract: ").partition("](https://img.shields.io/")[0]
    assert not [at for at, letter in enumerate(inner) if letter in "[]()!`<" and inner[at - 1] != "\\"]


@given(ANY)
def test_printable_text_stays_and_nothing_else_does(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert (shown == text) == text.isprintable()
    assert escape.lines(text).count("\n") == text.count("\n")


def test_an_exception_is_told_whatever_it_is() -> None:
    class Rude(Exception):
        def __str__(self) -> str:
            raise SystemError

    assert told(Rude()) == "Rude: (its text cannot be shown)"
    assert told(ValueError()) == "ValueError"
    assert told(ValueError("a\x1b\n\ud800")) == r"ValueError: a\x1b\n\ud800"
    assert len(told(ValueError("x" * 10**6))) < MAX_TOLD + 20
    assert told(type("\x1b[2J", (Exception,), {})("x")).isprintable()


HOSTILE = """
from framework import PrimitiveInfo, Status, hookimpl
from plugins.hmac_sha256.mac import HmacSha256

class Mine(HmacSha256):
    title = "\\0\\x1b[2J\\ud800[/b]\\u202e\\nGREEN: no flaw was found."
    info = PrimitiveInfo("mine", title, 512, Status.LEGACY, "[/red]\\x9b")

    def authenticator(self, key):
        raise type("\\x9bError", (ValueError,), {})("\\x1b[2J\\ud800[/b]\\n")

@hookimpl
def register_macs(register):
    register(Mine())
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_distribution(tmp_path / "site", "hostile", entries="ho\u202estile = ho_stile", ho_stile=HOSTILE)
    monkeypatch.syspath_prepend(tmp_path / "site")
    return tmp_path / "site"


def run(site: Path, module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environ = environment(PYTHONPATH=f"{site}:{ROOT}", PYTHONIOENCODING="utf-8")
    command = [sys.executable, "-m", module, *arguments]
    ended = subprocess.run(
        command,
        cwd=site.parent,
        env=environ,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=100,
    )
    for said in (ended.stdout, ended.stderr):
        assert all(letter.isprintable() or letter == "\n" for letter in said), ascii(said)
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended


ONLY = ("--only", "GEN-02", "--only", "MAC-01", "--only", "MAC-04")


@pytest.mark.parametrize("form", ["text", "json", "junit", "badge"])
def test_a_hostile_plugin_is_reported_in_every_format(site: Path, form: str) -> None:
    for output in ([], ["--output", "report"]):
        ended = run(site, "framework.contract", "check-plugin", "ho\u202estile", *ONLY, "--format", form, *output)
        assert ended.returncode == 1, ended.stderr
        written = (site.parent / "report").read_text("utf-8") if output else ended.stdout
        if form == "json":
            assert json.loads(written)["reports"][0]["plugin"] == "ho\u202estile"
        if form == "junit":
            ET.fromstring(written)  # noqa: S314 - our own
    assert not list(site.parent.glob(".report*"))


def test_a_hostile_plugin_is_listed_and_its_suites_are(site: Path) -> None:
    allowed = ("--allow-plugin", "ho\u202estile")
    for listing in ("plugins", "suites"):
        plain, as_json = run(site, "app", listing, *allowed), run(site, "app", listing, "--json", *allowed)
        assert (plain.returncode, as_json.returncode) == (0, 0), plain.stderr + as_json.stderr
        assert "mine" in plain.stdout
        rows = [json.loads(row) for row in as_json.stdout.splitlines()]
        assert "[/b]" in str(rows) or "ho\\u202estile" in str(rows)
    assert r"\x00\x1b[2J\ud800[/b]\u202e" in run(site, "app", "suites", *allowed).stdout


def test_pytest_shows_a_hostile_plugin_s_finding_escaped(site: Path) -> None:
    assert site.exists()
    contract = contract_for("ho\u202estile")
    try:
        with pytest.raises(BrokenContract) as caught:
            getattr(contract(), "test_GEN_02")()  # noqa: B009
    finally:
        contract.teardown_class()
    assert all(letter.isprintable() or letter == "\n" for letter in str(caught.value))
