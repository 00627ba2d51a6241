"""What every test may ask for: a registry with the built-in plugins, and one with quick peers beside them."""

import signal

import pytest

from framework.registry import Registry
from tests.support.plugins import registry_with_peers


@pytest.fixture(scope="session", autouse=True)
def interrupts_arrive() -> None:
    """A shell without job control lets what it starts in the background ignore Ctrl-C, and so would our programs."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def registry() -> Registry:
    """As `registry_with_peers` gives it, made once."""
    return registry_with_peers()
