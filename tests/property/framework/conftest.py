"""Suites and tapes for the properties of the channel."""

import pytest

from framework import Suite
from framework.registry import Registry
from tests.support.channels import QUICK_SUITES, tight
from tests.support.recordings import CLIENT, ROLES, SERVER, Tape, record

SAID = [
    (CLIENT, b"one"),
    (CLIENT, b""),
    (SERVER, b"un"),
    (CLIENT, bytes(range(100))),
    (SERVER, bytes(300)),
    (SERVER, b"deux" * 100),
    (CLIENT, b"two" * 150),
    (SERVER, b""),
    (CLIENT, b"three" * 90),
    (SERVER, b"trois" * 99),
]
"""With epochs of 1,024 bytes or of four records, both sides rekey on the way."""


@pytest.fixture(scope="session", params=QUICK_SUITES)
def tight_suite(request: pytest.FixtureRequest, registry: Registry) -> Suite:
    """Each quick suite, with epochs of a few small records."""
    return tight(request.param, registry)


@pytest.fixture(scope="session")
def tapes(tight_suite: Suite) -> dict[str, Tape]:
    """A session in which everything happens that can: handshake, messages of all sizes, key_update, close_notify."""
    return record(tight_suite, SAID)


@pytest.fixture(params=ROLES)
def tape(request: pytest.FixtureRequest, tapes: dict[str, Tape]) -> Tape:
    """One side of it."""
    return tapes[request.param]
