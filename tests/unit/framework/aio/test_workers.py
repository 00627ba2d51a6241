"""Where the system has no thread or no memory, one channel fails, or none is served; the others go on."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from framework import ChannelError, ConfigurationError, open_channel, serve
from framework.aio.accepted import ServerConnection
from framework.aio.open_channels import OpenChannels
from framework.aio.workers import started_workers
from framework.limits import HANDSHAKE_WORKERS
from tests.support.loopback import KEYS, SUITE, Running, Serving, echo, eventually

Reasons = Callable[[], list[str]]

TIMES = HANDSHAKE_WORKERS + 1
"""One failure more than there are turns: where each costs a turn, nobody has one afterwards."""

TROUBLE = [RuntimeError("can't start new thread"), MemoryError()]


class Troubled:
    """A method that raises so many times, when it was called so many times before."""

    def __init__(self, plain: Callable[..., Any], trouble: Exception, after: int = 0, times: int = TIMES) -> None:
        self._plain = plain
        self._trouble = trouble
        self._after = after
        self._left = times

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._after:
            self._after -= 1
        elif self._left:
            self._left -= 1
            raise self._trouble
        return self._plain(*args, **kwargs)


def handshake_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("handshake")]


def refuse_handshake_threads(monkeypatch: pytest.MonkeyPatch, trouble: Exception, after: int = 0) -> None:
    plain = threading.Thread.start
    troubled = Troubled(plain, trouble, after)

    def start(thread: threading.Thread) -> None:
        (troubled if thread.name.startswith("handshake") else plain)(thread)

    monkeypatch.setattr(threading.Thread, "start", start)


async def served(running: Running) -> bool:
    """Whether a client comes to its end in order."""
    try:
        async with await running.open() as stream:
            await stream.send(b"x")
            return await stream.receive() == b"x"
    except ChannelError:
        return False


async def all_is_as_before(running: Running) -> None:
    """As many are served at once as there are turns, and nothing is kept of the others."""
    await eventually(lambda: not running.server._connections)
    assert running.server.handshakes._free == HANDSHAKE_WORKERS
    assert await served(running)


@pytest.mark.parametrize("trouble", TROUBLE, ids=repr)
@pytest.mark.parametrize("after", range(HANDSHAKE_WORKERS))
async def test_a_lack_of_threads_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, trouble: Exception, after: int
) -> None:
    refuse_handshake_threads(monkeypatch, trouble, after)
    with pytest.raises(ConfigurationError, match="no thread to compute handshakes"):
        await serve(echo, "127.0.0.1", 0, SUITE, KEYS)
    await eventually(lambda: not handshake_threads())


async def test_a_server_that_cannot_listen_leaves_no_thread() -> None:
    for host in ("192.0.2.1", "\ud800"):
        with pytest.raises((OSError, UnicodeError)):
            await serve(echo, host, 0, SUITE, KEYS)
    await eventually(lambda: not handshake_threads())


@pytest.mark.parametrize("trouble", TROUBLE, ids=repr)
async def test_no_handshake_needs_a_new_thread(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    async with serving(echo) as running:
        refuse_handshake_threads(monkeypatch, trouble)
        assert await served(running)


async def test_all_threads_compute_at_once() -> None:
    with started_workers() as workers:
        all_here = threading.Barrier(HANDSHAKE_WORKERS)
        met: list[Future[int]] = [workers.submit(all_here.wait, 10) for _ in range(HANDSHAKE_WORKERS)]
        assert {each.result() for each in met} == set(range(HANDSHAKE_WORKERS))


@pytest.mark.parametrize("trouble", TROUBLE, ids=repr)
@pytest.mark.parametrize("after", [0, 1], ids=["M1", "M3"])
@pytest.mark.parametrize("method", ["submit", "pause_reading"])
async def test_a_step_that_cannot_begin_costs_its_own_channel_alone(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, reasons: Reasons, method: str, after: int, trouble: Exception
) -> None:
    async with serving(echo) as running:
        for _ in range(TIMES):
            with monkeypatch.context() as patch:
                if method == "submit":
                    workers = running.server.workers
                    patch.setattr(workers, method, Troubled(workers.submit, trouble, after, times=1))
                else:
                    troubled = Troubled(lambda: None, trouble, after * 2, times=1)
                    patch.setattr(ServerConnection, method, lambda _, troubled=troubled: troubled())
                assert not await served(running)
        assert f"internal (no thread computes its handshake: {type(trouble).__name__})" in reasons()
        await all_is_as_before(running)


@pytest.mark.parametrize("trouble", TROUBLE, ids=repr)
@pytest.mark.parametrize("failing", ["enter", "fail"])
async def test_a_step_that_cannot_be_taken_back_costs_its_own_channel_alone(
    serving: Serving,
    monkeypatch: pytest.MonkeyPatch,
    nothing_is_left_behind: list[str],
    failing: str,
    trouble: Exception,
) -> None:
    """The place in `channels`, and even the way in which that is told, can fail."""

    def fail(connection: ServerConnection, *why: Any) -> None:
        plain(connection, *why)
        telling(connection)

    plain = ServerConnection.fail
    async with serving(echo) as running:
        for _ in range(TIMES):
            with monkeypatch.context() as patch:
                patch.setattr(OpenChannels, "enter", Troubled(lambda _: None, trouble, times=1))
                telling = Troubled(lambda _: None, trouble, times=failing == "fail")
                patch.setattr(ServerConnection, "fail", fail)
                assert not await served(running)
        await all_is_as_before(running)
    assert len(nothing_is_left_behind) == (TIMES if failing == "fail" else 0)
    nothing_is_left_behind.clear()


async def test_a_client_whose_step_cannot_begin_is_told(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, reasons: Reasons
) -> None:
    class Refusing(ThreadPoolExecutor):
        def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
            if function.__name__ == "receive_data":
                raise MemoryError
            return super().submit(function, *args, **kwargs)

    async with serving(echo) as running:
        with Refusing(1) as workers:
            monkeypatch.setattr("framework.aio.stream.DaemonThreads", lambda: workers)
            with pytest.raises(ChannelError, match="this side failed"):
                await open_channel("127.0.0.1", running.port, SUITE, KEYS.public_key)
        assert "internal (no thread computes its handshake: MemoryError)" in reasons()
        await eventually(lambda: not running.server._connections)
