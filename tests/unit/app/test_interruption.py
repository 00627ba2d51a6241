"""An event loop that is left at once, by a second signal, serves again: the channel is still to be ended in it."""

import asyncio
from typing import NoReturn

import pytest

from app.interruption import run_unless_cut_short


def interrupt() -> NoReturn:
    raise KeyboardInterrupt


@pytest.mark.parametrize("done", [True, False], ids=["done in that moment", "not done"])
def test_a_loop_that_was_left_at_once_serves_again(done: bool) -> None:
    steps: list[str] = []

    async def interrupted() -> None:
        asyncio.get_running_loop().call_soon(interrupt)
        if not done:
            try:
                await asyncio.sleep(60)
            finally:
                steps.append("ended")

    async def answers() -> int:
        await asyncio.sleep(0.01)
        return 1

    with asyncio.Runner() as runner:
        with pytest.raises(KeyboardInterrupt):
            run_unless_cut_short(runner, interrupted)
        assert run_unless_cut_short(runner, answers) == 1
        assert steps == ([] if done else ["ended"]), "nothing goes on behind what comes after"
