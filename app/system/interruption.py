"""Work in an event loop that Ctrl-C and SIGTERM cut short: it is cancelled, and over before they are felt."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TypeVar

from app.system.signals import holding_signals

R = TypeVar("R")


def run_unless_cut_short(runner: asyncio.Runner, asking: Callable[[], Coroutine[None, None, R]]) -> R:
    """Run it in the loop; Ctrl-C and SIGTERM cancel it, and come when it has ended: none of it goes on after them.

    A second one stops the loop, whatever the work still does: it did not heed the first.
    """
    loop = runner.get_loop()
    task: asyncio.Task[R] | None = None
    cuts = 0
    over = False

    def cut() -> None:
        nonlocal cuts
        cuts += 1
        if over:  # left over in the loop, from the run before
            return
        if cuts > 1:
            loop.stop()
        elif task is not None:
            task.cancel()

    async def run() -> R:
        nonlocal task
        task = asyncio.current_task()
        if cuts:  # before it began
            raise asyncio.CancelledError
        return await asking()

    with holding_signals(lambda: loop.call_soon_threadsafe(cut)), suppress(asyncio.CancelledError):
        try:
            return runner.run(run())
        except RuntimeError:  # the loop was stopped
            if cuts < 2:
                raise
        finally:
            over = True
            if cuts > 1:  # the stop that asyncio itself has left behind would end the next run
                loop.call_soon(loop.stop)
                loop.run_forever()
    raise asyncio.CancelledError  # by somebody else
