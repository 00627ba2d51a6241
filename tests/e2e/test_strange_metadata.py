"""Every command beside distributions whose metadata is broken, and where a folder has a name of ours."""

import json
import os
from pathlib import Path

import pytest

from tests.e2e.programs import QUICK_SUITE, ROOT, Ended, Programs
from tests.support.metadata import BROKEN, write_distribution


@pytest.fixture
def strange(programs: Programs) -> dict[str, str]:
    """The environment in which all of them are on the module path."""
    site = programs.folder / "site"
    site.mkdir()
    for number, make in enumerate(BROKEN.values()):
        make(site / f"stranger{number}-1.0.dist-info")
    return {"PYTHONPATH": f"{site}:{ROOT}"}


def warned(ended: Ended) -> int:
    assert "Traceback" not in ended.err, ended.err
    return sum("is left out" in line for line in ended.err.splitlines())


def test_every_command_works_beside_broken_metadata_and_names_it(programs: Programs, strange: dict[str, str]) -> None:
    version = programs.run("--version", environment=strange)
    assert (version.code, version.err) == (0, "")
    assert programs.run("--help", environment=strange).code == 0

    plugins = programs.run("plugins", "--json", environment=strange)
    assert plugins.code == 0
    assert [json.loads(row)["plugin"] for row in plugins.out.splitlines()] == ["blumgoldwasser", "des3", "hmac_sha256"]
    assert warned(plugins) == len(BROKEN)

    suites = programs.run("suites", environment=strange | {"SUITECASE_DES3_X": "", "SUITECASE_SIUTE": "x"})
    assert (suites.code, QUICK_SUITE in suites.out) == (0, True)
    assert "did you mean SUITECASE_SUITE?" in suites.err
    assert warned(suites) == len(BROKEN)

    checked = programs.run("check-plugin", "hmac", "--only", "MAC-04", environment=strange)
    assert checked.code == 0, checked.err
    assert programs.run("new-plugin", "fresh", "--kind", "mac", environment=strange).code == 0
    unknown = programs.run("check-plugin", "x", environment=strange)
    assert unknown.code == 2
    assert unknown.err.count("is left out") == len(BROKEN)

    job = programs.run("--suite", QUICK_SUITE, environment=strange, given="DEPOS 5\n")
    assert (job.code, job.out) == (0, "DEPOS ok, balance 5.00\n")
    assert warned(job) == len(BROKEN)


def test_pipes_and_devices_on_the_module_path_are_passed_over(programs: Programs) -> None:
    os.mkfifo(programs.folder / "pipe")
    path = f"{programs.folder / 'pipe'}:/dev/zero:/dev/tty:nowhere:{ROOT}"
    for command in ("plugins", "suites"):
        ended = programs.run(command, environment={"PYTHONPATH": path})
        assert (ended.code, ended.err) == (0, ""), command
    assert programs.run("check-plugin", "hmac", "--only", "MAC-04", environment={"PYTHONPATH": path}).code == 0


def test_a_second_distribution_that_calls_itself_ours_is_one_sentence(programs: Programs) -> None:
    site = programs.folder / "site"
    info = write_distribution(site, "suitecase", "9.9", entries="des3 = null", null="raise SystemExit('used')")
    ended = programs.run("--suite", QUICK_SUITE, environment={"PYTHONPATH": f"{site}:{ROOT}"}, given="CHECK\n")
    assert ended.code == 2
    assert str(info) in ended.only_refusal


def test_what_lies_in_the_current_directory_is_not_taken_for_ours(programs: Programs) -> None:
    for name in ("framework", "plugins", "typer", "pluggy"):
        (programs.folder / name).mkdir()
        (programs.folder / name / "__init__.py").write_text("raise SystemExit('taken')\n")
    ended = programs.run("suites")
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("name", ["framework", "plugins"])
def test_a_folder_that_hides_ours_is_one_sentence(programs: Programs, tmp_path: Path, name: str) -> None:
    site = tmp_path / "site" / name
    site.mkdir(parents=True)
    (site / "__init__.py").write_text("raise SystemExit('taken')\n")
    ended = programs.run("suites", environment={"PYTHONPATH": f"{site.parent}:{ROOT}"})
    assert ended.code == 2
    assert f"is hidden by {site}/__init__.py; take that folder off PYTHONPATH" in ended.only_refusal
