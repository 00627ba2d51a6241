"""The kit runs what it was asked for: the plugin that is named, in a process of its own, and no other."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from framework.contract import contract_for
from framework.contract.cli.template import write_plugin
from framework.contract.engine import finding
from framework.contract.engine.child import Child, environment
from framework.contract.engine.finding import targets
from framework.contract.engine.run import run_target
from framework.contract.engine.worker import partners
from framework.contract.model.outcome import Verdict
from framework.contract.model.target import Target
from framework.errors import ConfigurationError
from framework.kinds import BULK_CIPHER, KEY_EXCHANGE, MAC
from tests.e2e.processes import is_alive
from tests.e2e.programs import wait_until
from tests.support.metadata import write_distribution

ROOT = Path(__file__).resolve().parents[2]
MARK = "import pathlib\npathlib.Path(__file__).with_suffix('.imported').touch()\n"
STRANGERS = {
    "sleeper": "import time\ntime.sleep(600)\n",
    "quitter": "import os\nos._exit(0)\n",
    "aborter": "import os\nos.abort()\n",
    "leaver": "raise SystemExit(0)\n",
    "talker": "print('ready')\nraise KeyboardInterrupt\n",
    "good": "from plugins.hmac_sha256.mac import HmacSha256\nfrom framework import PrimitiveInfo, Status, hookimpl\n"
    "class Own(HmacSha256):\n    info = PrimitiveInfo('own', 'o', 128, Status.EXPERIMENTAL, 'r')\n"
    "class Two(HmacSha256):\n    info = PrimitiveInfo('two', 't', 128, Status.EXPERIMENTAL, 'r')\n"
    "@hookimpl\ndef register_macs(register):\n    register(Own())\n    register(Two())\n",
}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Strangers' plugins that were never allowed, each of which leaves a mark when it is imported."""
    folder = tmp_path / "site"
    for name, source in STRANGERS.items():
        module = f"suitecase_{name}"
        write_distribution(folder, f"of-{name}", entries=f"{name} = {module}", **{module: MARK + source})
    monkeypatch.syspath_prepend(folder)
    return folder


def imported(site: Path) -> list[str]:
    return sorted(mark.stem.removeprefix("suitecase_") for mark in site.glob("*.imported"))


def kit(site: Path, *arguments: str, module: str = "framework.contract") -> "subprocess.CompletedProcess[str]":
    environ = environment(PYTHONPATH=f"{site}:{ROOT}")
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=site.parent, env=environ, capture_output=True, text=True, timeout=100)


@pytest.mark.parametrize("module", ["framework.contract", "app"])
@pytest.mark.parametrize("name", ["hmac_sha256", "hmac", "suitecase:hmac_sha256", "hmac_sha256/hmac"])
def test_a_plugin_is_checked_without_the_others(site: Path, name: str, module: str) -> None:
    ended = kit(site, "check-plugin", name, "--only", "MAC-04", "--only", "CHN-01", module=module)
    assert "2 of 2 checks ran: 2 passed" in ended.stdout, ended.stderr
    assert ended.returncode == 0
    assert imported(site) == []


def test_a_name_that_nothing_has_loads_nothing(site: Path) -> None:
    ended = kit(site, "check-plugin", "own")
    assert ended.returncode == 2
    assert "no plugin is loaded to look for a primitive: say PLUGIN or PLUGIN/PRIMITIVE" in ended.stderr
    assert kit(site, "new-plugin", "own", "--kind", "mac").returncode == 0
    assert kit(site, "explain", "MAC-04").returncode == 0
    assert kit(site, "suites", module="app").returncode == 0
    assert kit(site, "plugins", module="app").returncode == 0
    assert imported(site) == []


def test_a_plugin_that_is_named_is_loaded_and_no_other(site: Path) -> None:
    ended = kit(site, "check-plugin", "good", "--only", "MAC-04")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("1 of 1 checks ran: 1 passed") == 2
    for name in ("good/two", "of-good:good/two", "OF.Good:good/two"):
        ended = kit(site, "check-plugin", name, "--only", "MAC-04")
        assert ended.stdout.startswith("MAC two of plugin good\n"), ended.stderr
    assert imported(site) == ["good"]
    assert "plugin 'good' has no primitive 'six'; it has own, two" in kit(site, "check-plugin", "good/six").stderr


def test_this_process_loads_nothing_of_it(site: Path) -> None:
    own, two = targets("good")
    assert (own.called, two.called) == ("good/own", "good/two")
    assert Path(own.beside) == site / "suitecase_good_contract_vectors.json"
    assert run_target(own, only=["MAC-04"]).outcomes[0].verdict is Verdict.PASSED
    contract_for("good/own").teardown_class()
    assert "suitecase_good" not in sys.modules


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("quitter", "plugin 'quitter' ended the process (0) when it was loaded"),
        ("aborter", "plugin 'aborter' ended the process (-6) when it was loaded"),
        ("leaver", "plugin 'leaver' of of-leaver 1.0: cannot be loaded: SystemExit: 0"),
        ("talker", "plugin 'talker' ended the process (-2) when it was loaded"),
    ],
)
def test_a_plugin_that_ends_its_process_is_no_success(site: Path, name: str, said: str) -> None:
    ended = kit(site, "check-plugin", name)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr


@pytest.mark.usefixtures("site")
def test_a_plugin_that_hangs_when_it_is_loaded_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "START_SECONDS", 2.0)
    with pytest.raises(ConfigurationError, match="'sleeper' did not come back within 2 s when it was loaded"):
        targets("sleeper")


def test_a_name_that_two_have_is_refused_with_both(site: Path) -> None:
    write_distribution(site, "another", entries="good = suitecase_good")
    with pytest.raises(ConfigurationError, match=r"several plugins; give one of .*another:good"):
        targets("good")


def test_partners_in_a_channel_are_the_built_in_ones_and_those_named(site: Path) -> None:
    assert partners([]).names(MAC) == ("hmac",)
    assert partners(["suitecase_good"]).names(MAC) == ("hmac", "own", "two")
    assert imported(site) == ["good"]


def test_the_name_of_a_new_plugin_is_looked_up_without_loading(site: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="the installed plugin 'sleeper' has it"):
        write_plugin("sleeper", MAC, tmp_path)
    assert imported(site) == []


def test_a_worker_that_does_not_come_up_is_an_error_and_is_not_tried_again(site: Path) -> None:
    """It was loaded once to see what it offers; then it ends its process."""
    (site / "suitecase_once.py").write_text(
        "import os, pathlib\n"
        "mark = pathlib.Path(__file__).with_name('starts')\n"
        "mark.write_text(mark.read_text() + 'x' if mark.exists() else 'x')\n"
        "if mark.read_text() != 'x':\n    os._exit(0)\n"
        "from plugins.hmac_sha256 import register_macs\n"
    )
    write_distribution(site, "of-once", entries="once = suitecase_once")
    begin = time.monotonic()
    ended = kit(site, "check-plugin", "once")
    assert ended.returncode == 70, ended.stderr
    assert "MAC-04 ERROR: the worker did not start (exit code 0)" in ended.stdout
    assert "NOT GREEN" in ended.stdout
    assert len((site / "starts").read_text()) == 2
    assert time.monotonic() - begin < 60


def test_a_child_takes_with_it_what_the_plugin_has_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "begets.py").write_text(
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with Child("begets") as child:
        grandchild = int(child.hear(30) or 0)
        assert Path(f"/proc/{grandchild}").exists() or sys.platform != "linux"
    wait_until(lambda: not is_alive(grandchild))


def test_a_word_to_a_child_that_has_gone_is_lost_and_told_by_its_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "leaves.py").write_text("print('here', flush=True)\n")
    monkeypatch.syspath_prepend(tmp_path)
    with Child("leaves") as child:
        assert child.hear(30) == "here\n"
        assert child.hear(30) == ""
        for _ in range(3):
            child.say("x" * 100_000)
        assert child.stop() == 0


def test_the_target_says_by_which_name_it_is_found() -> None:
    assert Target("des3", "plugins.des3", BULK_CIPHER, "des3").called == "des3"
    assert Target("blumgoldwasser", "plugins.blumgoldwasser", KEY_EXCHANGE, "bg").called == "bg"
    assert Target("mine", "suitecase_mine", MAC, "mine").arguments == "mine"
    assert Target("mine", "suitecase_mine", MAC, "other", oracle="a:b").arguments == "mine/other --oracle a:b"
