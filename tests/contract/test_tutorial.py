"""The way from an empty folder to a green plugin, as `docs/tutorial.md` describes it."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

from framework.contract.checks.channel.suites import NOW, Talk
from framework.contract.cli.template import write_plugin
from framework.contract.engine.child import environment
from framework.contract.engine.run import run_target
from framework.contract.model.target import Target
from framework.contract.report import render
from framework.errors import ConfigurationError
from framework.kinds import BULK_CIPHER, KEY_EXCHANGE, KINDS, MAC, AnyKind
from framework.registry import ENTRY_POINT_GROUP, load_registry

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "suitecase-mine"
BLOCK = re.compile(r"<!-- file: (\S+) -->\n```python\n(.*?)```\n", re.DOTALL)


def installed(folder: Path, package: str, name: str) -> Path:
    """What an editable installation leaves: the folder on the path, with metadata that names the entry point."""
    metadata = folder / "src" / f"suitecase_{name}-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: suitecase-{name}\nVersion: 0.1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{ENTRY_POINT_GROUP}]\n{name} = {package}\n")
    return folder / "src"


def kit(source: Path, *arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run the kit's command from a folder that has nothing in it, with the plugin installed."""
    environ = environment()
    environ["PYTHONPATH"] = f"{source}:{ROOT}"
    command = [sys.executable, "-m", "framework.contract", *arguments]
    return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=100)


@pytest.mark.parametrize(("name", "owner"), [("des3", "des3"), ("hmac", "hmac_sha256"), ("blumgoldwasser", None)])
def test_a_name_that_an_installed_plugin_has_is_refused(name: str, owner: str | None, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"the name '{name}' is taken: the installed plugin '{owner or name}'"):
        write_plugin(name, MAC, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_new_package_says_how_to_get_and_run_its_test(tmp_path: Path) -> None:
    folder = write_plugin("fresh", MAC, tmp_path)
    assert "    pip install --editable '.[test]'\n" in (folder / "README.md").read_text("utf-8")
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    assert [word.startswith("pytest") for word in project["optional-dependencies"]["test"]] == [True]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_new_plugin_is_found_and_fails_with_findings(kind: AnyKind, tmp_path: Path) -> None:
    folder = write_plugin("fresh", kind, tmp_path)
    source = installed(folder, "suitecase_fresh", "fresh")
    chosen = {"mac": "MAC", "bulk-cipher": "CIP", "aead": "AEAD", "key-exchange": "KEX"}[kind.name]
    only = [
        word
        for check in ("GEN-01", "GEN-02", "GEN-11", "GEN-21", f"{chosen}-01", f"{chosen}-51")
        for word in ("--only", check)
    ]
    ended = kit(source, "check-plugin", "fresh", *only, cwd=tmp_path)
    assert ended.returncode == 1, ended.stderr
    assert "GEN-01 FAILED" not in ended.stdout
    assert "GEN-02 FAILED: the title or the reference is still to be written" in ended.stdout
    method = {"mac": "tag", "bulk-cipher": "encrypt", "aead": "seal", "key-exchange": "generate_key_pair"}[kind.name]
    (line,) = [line for line in ended.stdout.splitlines() if "is not written yet" in line]
    assert line.startswith(f"GEN-11 FAILED: `{method}` is not written yet (suitecase_fresh/__init__.py:")
    assert re.search(rf"checks +GEN-11, .*{chosen}-01", ended.stdout)
    assert line.rpartition(": ")[0] in ended.stderr
    assert f"{chosen}-51 FAILED: no known answers" in ended.stdout
    assert "ERROR" not in ended.stdout


def test_what_the_tutorial_shows_of_an_empty_plugin_is_what_the_kit_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    shown = re.findall(r"^    ([A-Z]+-\d\d FAILED: .*)$", page, re.MULTILINE)
    source = installed(write_plugin("mine", BULK_CIPHER, tmp_path), "suitecase_mine", "mine")
    ended = kit(source, "check-plugin", "mine", cwd=tmp_path)
    assert [line for line in ended.stdout.splitlines() if " FAILED: " in line] == shown
    assert len(ended.stdout.splitlines()) < 50


def test_the_tutorial_leads_to_the_example_and_the_example_is_green(tmp_path: Path) -> None:
    blocks = BLOCK.findall((ROOT / "docs" / "tutorial.md").read_text("utf-8"))
    assert len(blocks) == 4
    folder = write_plugin("mine", BULK_CIPHER, tmp_path)
    for path, code in blocks:
        (folder / path).write_text(code, "utf-8")
    subprocess.run([sys.executable, folder / "make_vectors.py"], check=True, timeout=60)
    for path in [*(path for path, _ in blocks), "src/suitecase_mine/contract_vectors.json", "pyproject.toml"]:
        assert (folder / path).read_text("utf-8") == (EXAMPLE / path).read_text("utf-8"), path
    source = installed(folder, "suitecase_mine", "mine")
    ended = kit(source, "check-plugin", "mine", cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout
    assert "GREEN" in ended.stdout
    asked = ("--oracle", "make_vectors:chacha20", "--vectors", "none.json", "--only", "CIP-51", "--only", "CIP-52")
    ended = kit(source, "check-plugin", "mine", *asked, cwd=folder)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    ended = kit(source, "check-plugin", "mine", *asked, cwd=tmp_path)
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.endswith("; run this in the folder where make_vectors.py lies, or install it")


def test_the_example_carries_a_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLE / "src"))
    from framework.channel import Channel
    from framework.suite import Suite

    mine = EntryPoint("mine", "suitecase_mine", ENTRY_POINT_GROUP)
    registry = load_registry(allow=["mine"], installed=[*entry_points(group=ENTRY_POINT_GROUP), mine])
    suite = Suite.parse("mine-bg2048-hmac", registry)
    pair = suite.key_exchange.generate_key_pair()
    client = Channel.client(suite, pair.public_key, now=NOW)
    talk = Talk(suite, client, Channel.server(suite, pair, now=NOW), pair.public_key)
    talk.handshake()
    talk.say(b"a message in a cipher of one's own")


@pytest.mark.deep
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", ["bg", "bg2048", "des3", "hmac"])
def test_a_built_in_plugin_is_green_at_full_effort(name: str) -> None:
    plugin = {"bg": "blumgoldwasser", "bg2048": "blumgoldwasser", "des3": "des3", "hmac": "hmac_sha256"}[name]
    kinds: dict[str, AnyKind] = {"des3": BULK_CIPHER, "hmac": MAC}
    kind = kinds.get(name, KEY_EXCHANGE)
    report = run_target(Target(plugin, f"plugins.{plugin}", kind, name))
    assert report.green, render.text(report)
