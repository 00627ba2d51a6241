"""A project of somebody else's, which has folders with the names of ours and objects that mind being looked at."""

from pathlib import Path

_TESTS = '''
import app
import framework
import plugins


class Touchy(type):
    """Its classes mind being asked for what is nobody's business."""

    def __getattr__(cls, name):
        raise RuntimeError(name) if name.startswith("contract") else AttributeError(name)


class TestTouchy(metaclass=Touchy):
    def test_it(self):
        assert framework.OWN


class Many:
    def __bool__(self):
        raise ValueError("neither true nor false")


class TestMany:
    contract_targets = Many()

    def test_it(self):
        """One of many."""
        assert plugins.OWN


def test_that_the_folders_are_the_project_s():
    assert (app.OWN, framework.OWN, plugins.OWN) == (True, True, True)
'''


def write_project(folder: Path) -> Path:
    """Write it; gives the folder, in which three tests pass."""
    for name in ("app", "framework", "plugins"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("OWN = True\n")
    (folder / "test_own.py").write_text(_TESTS)
    return folder
