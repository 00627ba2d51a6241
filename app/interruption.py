"""Work in an event loop that Ctrl-C and SIGTERM cut short: it is cancelled, and over before they are felt."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TypeVar

from app.signals import holding_signals

R = TypeVar("R")


def run_unless_cut_short(runner: asyncio.Runner, asking: Callable[[], Coroutine[None, None, R]]) -> R:
    """Run it in the loop; Ctrl-C and SIGTERM cancel it, and come when it has ended: none of it goes on after them."""
    loop = runner.get_loop()
    task: asyncio.Task[R] | None = None
    cancelled = False

    def cancel() -> None:
        nonlocal cancelled
        cancelled = True
        if task is not None:
            task.cancel()

    async def run() -> R:
        nonlocal task
        task = asyncio.current_task()
        if cancelled:  # before it began
            raise asyncio.CancelledError
        return await asking()

    with holding_signals(lambda: loop.call_soon_threadsafe(cancel)), suppress(asyncio.CancelledError):
        try:
            return runner.run(run())
        except (KeyboardInterrupt, SystemExit):  # a second one, which came at once
            cancel()
            _settle(loop)
            raise
    raise asyncio.CancelledError  # by somebody else


def _settle(loop: asyncio.AbstractEventLoop) -> None:
    """Do what is due in a loop that was left in the middle: a stop that is still to come would end the next run."""
    for _ in range(3):  # the cancellation, what it ends, and the stop
        loop.call_soon(loop.stop)
        loop.run_forever()
