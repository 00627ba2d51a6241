"""The pytest plugin `suitecase_contract`: shows a finding as it is, without a traceback through the kit.

It is loaded wherever suitecase is installed, so it imports nothing of the kit's until a contract is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Replace the traceback of a finding by the finding."""
    report = yield
    error = call.excinfo.value if call.excinfo is not None else None
    if type(error).__name__ == "BrokenContract" and type(error).__module__ == "framework.contract.suite":
        report.longrepr = str(error)
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Show a check by its id and title."""
    for item in items:
        function = getattr(item, "function", None)
        if getattr(getattr(item, "cls", None), "contract_targets", None) and function is not None:
            item.user_properties.append(("check", function.__doc__ or ""))
