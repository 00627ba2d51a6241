"""What the tests of the kit share: the plugins that a specimen meets in a channel, and a way to run one check."""

import os
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points

import pytest

from framework.contract.engine.collection import check_of
from framework.contract.engine.runner import run_check
from framework.contract.model.outcome import Outcome
from framework.contract.model.target import Target
from framework.contract.model.trial import Effort, Session
from framework.registry import ENTRY_POINT_GROUP, Registry, load_registry

RunCheck = Callable[..., Outcome]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "deep: minutes of work, run with SUITECASE_DEEP=1 alone")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked deep runs with SUITECASE_DEEP=1 alone."""
    for item in items:
        if item.get_closest_marker("deep") and not os.environ.get("SUITECASE_DEEP"):
            item.add_marker(pytest.mark.skip(reason="minutes of work: SUITECASE_DEEP=1"))


@pytest.fixture(scope="session")
def partners() -> Registry:
    """The built-in MAC and the quick peers: what a specimen is put into a channel with."""
    points = [point for point in entry_points(group=ENTRY_POINT_GROUP) if point.name == "hmac_sha256"]
    peers = EntryPoint("peers", "tests.support.peers", ENTRY_POINT_GROUP)
    return load_registry(allow=["peers"], installed=[*points, peers])


@pytest.fixture(scope="session")
def run(partners: Registry) -> RunCheck:
    """Run one check against one plugin, in this process, with little effort."""

    def run_one(target: Target, check_id: str, seconds: float = 30.0) -> Outcome:
        session = Session.begin(target, "zoo", Effort.QUICK, partners)
        return run_check(check_of(check_id), session, seconds)

    return run_one
