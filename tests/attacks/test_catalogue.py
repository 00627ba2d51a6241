"""The list of attacks: whole, in order, of files that exist, and as it stands in the documentation."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.attacks import __main__ as command
from tests.attacks.attack import SERVED, Attack, Elsewhere, SurpriseError, variants
from tests.attacks.catalogue import ATTACKS, ENTRIES
from tests.attacks.document import PAGE, ROOT, page
from tests.attacks.stage import Stage


def test_every_number_has_its_place() -> None:
    assert [entry.number for entry in ENTRIES] == list(range(1, len(ENTRIES) + 1))


def test_every_attack_has_cases_and_no_two_have_the_same_name() -> None:
    for attack in ATTACKS:
        names = [case.name for case in attack.cases]
        assert names
        assert len(names) == len(set(names))


def test_every_file_with_an_attack_is_in_the_list() -> None:
    files = {Path(str(case.play.__code__.co_filename)) for attack in ATTACKS for case in attack.cases}
    assert files == set(Path(__file__).parent.glob("attack_*.py"))


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if isinstance(entry, Elsewhere)], ids=lambda e: e.title)
def test_what_is_covered_elsewhere_is_there(entry: Elsewhere) -> None:
    assert [path for path in entry.where if not (ROOT / path).exists()] == []


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tests.attacks --document`"


def test_attacks_are_imported_without_a_test_runner() -> None:
    program = "import sys, tests.attacks.__main__; print({'pytest', '_pytest'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_no_attack_looks_into_what_is_private() -> None:
    """Ruff's rule SLF001 is off for tests; attacks keep it all the same."""
    files = [str(path) for path in Path(__file__).parent.glob("*.py") if not path.name.startswith("test_")]
    check = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "SLF001,S101", *files]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


async def nothing(_: Stage) -> None:
    pass


async def something(_: Stage) -> None:
    raise SurpriseError("money was made")


async def defect(_: Stage) -> None:
    raise KeyError("a defect")


def test_the_command_tells_what_was_withstood(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = [
        Attack(number, "Title", "§1", "does nothing", "It stands.", tuple(variants(play, expected=SERVED)))
        for number, play in enumerate((nothing, something, defect), start=1)
    ]
    monkeypatch.setattr(command, "ATTACKS", tuple(made))
    assert command.main(["1"]) == 0
    assert "1 of 1 attacks were withstood." in capsys.readouterr().out
    assert command.main([]) == 1
    output = capsys.readouterr().out
    assert "something: money was made" in output
    assert "defect ended with KeyError: 'a defect'" in output
    assert "1 of 3 attacks were withstood." in output
    with pytest.raises(SystemExit) as ended:
        command.main(["99"])
    assert ended.value.code == 2
