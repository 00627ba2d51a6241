"""A second signal ends what does not heed the first, and the loop serves again: the channel is still to be ended."""

import asyncio
import signal
import time
from collections.abc import Iterator

import pytest

from app.system.first_signals import ENDING_SIGNALS
from app.system.interruption import run_unless_cut_short
from app.system.signals import ending_in_order


@pytest.fixture(autouse=True)
def in_order() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in ENDING_SIGNALS}
    with ending_in_order(3):
        yield
    for number, handler in before.items():
        signal.signal(number, handler)


async def answers() -> int:
    await asyncio.sleep(0.01)
    return 1


@pytest.mark.parametrize("signals", [1, 2, 3])
@pytest.mark.parametrize("done", [True, False], ids=["done in that moment", "not done"])
def test_the_loop_serves_again(signals: int, done: bool) -> None:
    async def interrupted() -> None:
        for _ in range(signals):
            signal.raise_signal(signal.SIGINT)
        if not done:
            await asyncio.sleep(60)

    with asyncio.Runner() as runner:
        with pytest.raises(KeyboardInterrupt):
            run_unless_cut_short(runner, interrupted)
        assert run_unless_cut_short(runner, answers) == 1


def test_work_that_is_done_as_it_is_stopped_leaves_no_stop_behind() -> None:
    async def done_in_the_same_moment() -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(signal.raise_signal, signal.SIGINT)  # before the first one's cut, so that its own comes
        signal.raise_signal(signal.SIGINT)  # before the step in which the cancelled work ends
        await loop.create_future()

    with asyncio.Runner() as runner:
        with pytest.raises(KeyboardInterrupt):
            run_unless_cut_short(runner, done_in_the_same_moment)
        assert run_unless_cut_short(runner, answers) == 1


def test_what_does_not_heed_the_first_is_left_at_the_second() -> None:
    async def stubborn() -> None:
        end = time.monotonic() + 60
        signal.raise_signal(signal.SIGTERM)
        while time.monotonic() < end:
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                signal.raise_signal(signal.SIGTERM)
                end = min(end, time.monotonic() + 0.5)

    begun = time.monotonic()
    with asyncio.Runner() as runner:
        with pytest.raises(SystemExit) as ended:
            run_unless_cut_short(runner, stubborn)
        assert ended.value.code == 3
        assert run_unless_cut_short(runner, answers) == 1
    assert time.monotonic() - begun < 30
