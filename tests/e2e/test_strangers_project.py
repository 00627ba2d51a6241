"""Where suitecase is installed, somebody else's project works as before, and suitecase works in its folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.stranger import write_project

SCRIPTS = Path(sys.executable).parent


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project")


def run(project: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    environ = {"PATH": str(SCRIPTS), "HOME": str(project.parent), "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True, timeout=100)


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-p", "no:cacheprovider"),
        ("-W", "error", "-p", "no:asyncio"),  # which warns of a setting of its own
        ("-n", "2"),
        ("--import-mode=importlib",),
        ("--import-mode=append",),
        ("-p", "no:suitecase_contract"),
        ("--junit-xml=report.xml",),
    ],
    ids=" ".join,
)
def test_pytest_runs_in_it(project: Path, options: tuple[str, ...]) -> None:
    ended = run(project, sys.executable, "-m", "pytest", "-q", *options)
    assert (ended.returncode, "3 passed" in ended.stdout) == (0, True), ended.stdout + ended.stderr


def test_our_commands_run_in_it(project: Path) -> None:
    for command in (("suitecase", "suites"), ("suitecase", "check-plugin", "hmac", "--only", "MAC-04")):
        ended = run(project, str(SCRIPTS / command[0]), *command[1:])
        assert (ended.returncode, ended.stderr) == (0, ""), command
    (project / "peer.py").write_text(
        "import hmac\ndef tag(key, message):\n    return hmac.digest(key, message, 'sha256')\n"
    )
    asked = ("check-plugin", "hmac", "--only", "MAC-51", "--vectors", "none.json", "--oracle", "peer:tag")
    ended = run(project, str(SCRIPTS / "suitecase-contract"), *asked)
    assert ended.returncode == 0, ended.stderr
    assert "1 of 1 checks ran: 1 passed" in ended.stdout


def test_a_finding_is_shown_without_a_traceback_through_the_kit(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        "from pathlib import Path\nfrom framework.contract import contract_for\n"
        "TestHmac = contract_for('hmac', vectors=Path('none.json'))\n"
    )
    ended = run(tmp_path, sys.executable, "-m", "pytest", "-q", "-k", "MAC_51 or MAC_04", "--junit-xml=report.xml")
    assert ended.returncode == 1
    assert "MAC-51 FAILED: no known answers" in ended.stdout
    assert "contract/suite.py" not in ended.stdout
    assert 'name="check" value="a tag cut short is refused"' in (tmp_path / "report.xml").read_text("utf-8")
