"""A host with several addresses is reached by the first that answers, whatever the others do."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from framework import ChannelError
from framework.aio import dialing, open_channel, serve
from framework.aio.dialing import ATTEMPT_DELAY, NoAddressAnsweredError, connect
from framework.aio.resolution import Address
from tests.support.loopback import KEYS, SUITE, echo, eventually
from tests.support.names import know_host

NEVER = 3600.0
NOWHERE = Address(socket.AF_INET, ("192.0.2.1", 7))


def address(host: str, port: int) -> Address:
    return Address(socket.AF_INET, (host, port))


@contextmanager
def silent_address() -> Iterator[Address]:
    """An address that drops what is sent to it: its queue is full."""
    with ExitStack() as opened:
        sock = opened.enter_context(socket.socket())
        sock.bind(("127.0.0.1", 0))
        sock.listen(0)
        name = sock.getsockname()
        for _ in range(8):
            client = opened.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(name)
        yield address(*name)


@pytest.fixture
def listening() -> Iterator[Address]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield address(*sock.getsockname())


async def test_the_second_is_tried_when_the_first_drops_packets(listening: Address) -> None:
    began = time.monotonic()
    with silent_address() as silent, await connect([silent, silent, listening]) as sock:
        assert sock.getpeername() == listening.name
    assert time.monotonic() - began >= 2 * ATTEMPT_DELAY


async def test_the_second_is_tried_at_once_when_the_first_refuses(
    listening: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialing, "ATTEMPT_DELAY", NEVER)
    with await connect([refusing(), listening]) as sock:
        assert sock.getpeername() == listening.name


def refusing() -> Address:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return address(*sock.getsockname())


async def test_families_take_turns() -> None:
    tried: list[str] = []

    class Noting(socket.socket):
        def connect(self, name: object) -> None:
            assert isinstance(name, tuple)
            tried.append(name[0])
            raise ConnectionRefusedError(111, "no")

    six = [Address(socket.AF_INET6, (f"2001:db8::{at}", 7, 0, 0)) for at in (1, 2)]
    four = [address(f"192.0.2.{at}", 7) for at in (1, 2, 3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("framework.aio.dialing.socket.socket", Noting)
        with pytest.raises(NoAddressAnsweredError):
            await connect([*six, *four])
    assert tried == ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3"]


async def test_why_each_failed_is_said_once() -> None:
    with pytest.raises(NoAddressAnsweredError) as caught:
        await connect([refusing(), Address(socket.AF_INET, ("255.255.255.255", 7)), refusing()])
    assert len(caught.value.reasons) == 2
    assert "Connection refused" in caught.value.reasons


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[socket.socket]:
    """The sockets that dialing has made."""
    made: list[socket.socket] = []

    class Noted(socket.socket):
        def __init__(self, *how: int) -> None:
            super().__init__(*how)
            made.append(self)

    monkeypatch.setattr("framework.aio.dialing.socket.socket", Noted)
    return made


def is_closed(sock: socket.socket) -> bool:
    return sock.fileno() < 0


async def test_nothing_is_left_open_when_it_is_cancelled(opened: list[socket.socket]) -> None:
    with silent_address() as silent:
        opened.clear()
        dialed = asyncio.ensure_future(connect([silent, silent, silent]))
        await eventually(lambda: len(opened) == 2)
        dialed.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dialed
        await eventually(lambda: all(map(is_closed, opened)))


@pytest.mark.parametrize("turns", range(8))
@pytest.mark.parametrize("times", [1, 2])
async def test_nothing_is_left_open_whenever_it_is_cancelled(
    listening: Address, monkeypatch: pytest.MonkeyPatch, opened: list[socket.socket], turns: int, times: int
) -> None:
    """So many turns of the loop after one of the addresses has answered, as when the deadline falls then."""
    loop = asyncio.get_running_loop()
    answered = asyncio.Event()
    plain = loop.sock_connect

    async def connecting(sock: socket.socket, name: Any) -> None:
        if name == NOWHERE.name:
            await asyncio.sleep(NEVER)
        await plain(sock, name)
        answered.set()

    monkeypatch.setattr(loop, "sock_connect", connecting)
    monkeypatch.setattr(dialing, "ATTEMPT_DELAY", 0)
    dialed = asyncio.ensure_future(connect([NOWHERE, listening]))
    await answered.wait()
    for _ in range(turns):
        await asyncio.sleep(0)
    for _ in range(times):
        dialed.cancel()
        await asyncio.sleep(0)
    [given] = await asyncio.gather(dialed, return_exceptions=True)
    if isinstance(given, socket.socket):
        assert not is_closed(given)
        given.close()
    assert len(opened) == 2
    await eventually(lambda: all(map(is_closed, opened)))


async def test_a_channel_comes_about_by_the_second_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_address() as silent:
        port = silent.name[1]
        async with await serve(echo, "127.0.0.2", port, SUITE, KEYS):
            know_host(monkeypatch, "bank.example", ["127.0.0.1", "127.0.0.2"])
            async with await open_channel("bank.example", port, SUITE, KEYS.public_key) as stream:
                await stream.send(b"hello")
                assert await stream.receive() == b"hello"


async def test_a_host_none_of_whose_addresses_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    port = refusing().name[1]
    know_host(monkeypatch, "bank.example", ["127.0.0.1", "127.0.0.2"])
    with pytest.raises(ChannelError, match=f"^cannot connect to bank.example:{port}: Connection refused$"):
        await open_channel("bank.example", port, SUITE, KEYS.public_key)
