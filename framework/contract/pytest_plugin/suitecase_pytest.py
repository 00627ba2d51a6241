"""The pytest plugin `suitecase_contract`: shows a finding as it is, without a traceback through the kit.

pytest loads it wherever suitecase is installed, in projects too that have a `framework` of their own. So it is a module
at the top level under a name of its own, and imports nothing of ours: it looks whether a test has brought the kit in.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Replace the traceback of a finding by the finding."""
    report = yield
    finding = _of_the_kit("BrokenContract")
    if finding is not None and call.excinfo is not None and isinstance(call.excinfo.value, finding):
        report.longrepr = str(call.excinfo.value)
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Show a check by its id and title."""
    contract = _of_the_kit("Contract")
    if contract is None:
        return
    for item in items:
        if isinstance(item, pytest.Function) and isinstance(item.cls, type) and contract in item.cls.__mro__:
            item.user_properties.append(("check", item.function.__doc__ or ""))


def _of_the_kit(name: str) -> type | None:
    """A class of the kit's, if a test has imported it. Another module of that name has none that was made there."""
    module = "framework.contract.testing"
    found = getattr(sys.modules.get(module), "__dict__", {}).get(name)
    return found if isinstance(found, type) and found.__module__ == module else None
