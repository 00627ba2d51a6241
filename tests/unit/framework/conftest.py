"""Suites and open channels for the tests of the framework."""

import pytest

from framework import Suite
from framework.registry import Registry
from tests.support.channels import QUICK_SUITES, Pair, open_pair, tight


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
