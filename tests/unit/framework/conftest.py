"""Suites, open channels and plugins for the tests of the framework."""

import secrets
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from framework import Suite
from framework.registry import ENTRY_POINT_GROUP, Registry
from tests.support.channels import QUICK_SUITES, Pair, open_pair, tight
from tests.support.made_plugins import MakePlugin


@pytest.fixture(scope="session", params=QUICK_SUITES)
def suite(request: pytest.FixtureRequest, registry: Registry) -> Suite:
    """Each quick suite, with the parameters of the protocol."""
    return Suite.parse(request.param, registry)


@pytest.fixture(scope="session", params=QUICK_SUITES)
def tight_suite(request: pytest.FixtureRequest, registry: Registry) -> Suite:
    """Each quick suite, with epochs of a few small records."""
    return tight(request.param, registry)


@pytest.fixture
def pair(suite: Suite) -> Pair:
    """An open channel."""
    return open_pair(suite)


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> MakePlugin:
    """Makes a module with the given hooks, importable for this test, and gives its entry point."""

    def make(name: str, **hooks: object) -> EntryPoint:
        module = ModuleType(f"suitecase_test_{name}_{secrets.token_hex(4)}")
        for hook, implementation in hooks.items():
            setattr(module, hook, implementation)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return EntryPoint(name, module.__name__, ENTRY_POINT_GROUP)

    return make


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that Python looks for distributions in, before all others."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
