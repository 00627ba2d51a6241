"""The certainty that a test leaves nothing behind, and servers that are quick to close."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from framework import open_channel, serve
from framework.aio import ConnectionLimits, ServerLimits
from tests.support.loopback import Serving, serving_on_loopback


@pytest.fixture(autouse=True)
async def nothing_is_left_behind(caplog: pytest.LogCaptureFixture) -> AsyncIterator[list[str]]:
    """No task, no error that only the event loop has seen, nothing in the log worse than a warning.

    A test that expects errors in the log empties `caplog` when it has looked at them.
    """
    caplog.set_level(logging.INFO)
    unhandled: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: unhandled.append(str(context)))
    before = asyncio.all_tasks()
    yield unhandled
    for _ in range(100):
        if not (left := asyncio.all_tasks() - before - {asyncio.current_task()}):
            break
        await asyncio.sleep(0.01)
    assert not left
    gc.collect()
    assert unhandled == []
    assert [record.getMessage() for record in caplog.records if record.levelno > logging.WARNING] == []


@pytest.fixture
def serving() -> Serving:
    """Serves a handler for the length of a block."""
    return serving_on_loopback


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> float:
    """Closing waits for this many seconds only."""
    seconds = 0.2
    for function, limits in ((serve, ServerLimits), (open_channel, ConnectionLimits)):
        defaults: Any = function.__kwdefaults__
        monkeypatch.setitem(defaults, "limits", limits(close_seconds=seconds))
    return seconds


@pytest.fixture
def reasons(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Why channels have failed so far, by the local log."""
    return lambda: [
        record.getMessage().partition("failed: ")[2]
        for record in caplog.records
        if record.name == "suitecase.channel" and "failed: " in record.getMessage()
    ]
