"""What every test may ask for: a registry with the built-in plugins, and one with quick peers beside them."""

import signal
from importlib.metadata import EntryPoint, entry_points

import pytest

from framework.registry import ENTRY_POINT_GROUP, Registry, load_registry


@pytest.fixture(scope="session", autouse=True)
def interrupts_arrive() -> None:
    """A shell without job control lets what it starts in the background ignore Ctrl-C, and so would our programs."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The built-in plugins, found as users find them, and the quick ones of `tests.support.peers`."""
    peers = EntryPoint("peers", "tests.support.peers", ENTRY_POINT_GROUP)
    return load_registry(allow=["peers"], installed=[*entry_points(group=ENTRY_POINT_GROUP), peers])
