"""Many connections to one server, which stop at some point of the handshake."""

from contextlib import ExitStack

from tests.support.by_hand import M2, m1
from tests.support.loopback import RawSocket, Running, eventually


async def occupy(running: Running, stack: ExitStack, count: int, source: str = "127.0.0.1") -> list[RawSocket]:
    """Connections that say nothing."""
    before = len(running.server._connections)
    made = [stack.enter_context(await running.raw(source)) for _ in range(count)]
    await eventually(lambda: len(running.server._connections) >= before + count)
    return made


async def half_open(running: Running, stack: ExitStack, source: str = "127.0.0.1") -> RawSocket:
    """A connection that has its M2 and does not answer."""
    raw = stack.enter_context(await running.raw(source))
    await raw.send(m1())
    assert (await raw.receive_frame())[0] == M2
    return raw


async def customer(running: Running) -> None:
    """Comes, is served, and goes."""
    async with await running.open() as stream:
        await stream.send(b"x")
        assert await stream.receive() == b"x"
