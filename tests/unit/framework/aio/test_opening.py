"""The client's way to an open channel, and all the ways that it does not get there."""

import asyncio
import secrets
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from framework import (
    ChannelError,
    InvalidKeyError,
    KeyPair,
    MisuseError,
    PluginError,
    RandomBytes,
    open_channel,
    serve,
)
from framework.aio import EphemeralPool
from framework.aio.clock import ChannelClock
from framework.events import FailureReason
from tests.support.channels import aead_suite, etm_suite
from tests.support.loopback import KEYS, SUITE, Serving, echo, eventually
from tests.support.peers import X25519Kem


@asynccontextmanager
async def listening(behave: Callable[[socket.socket], Any]) -> AsyncIterator[int]:
    """A server by hand: accepts one connection and does with it what it is told."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        loop = asyncio.get_running_loop()
        accepted: list[socket.socket] = []

        async def accept() -> None:
            sock, _ = await loop.sock_accept(listener)
            accepted.append(sock)
            await behave(sock)

        task = asyncio.create_task(accept())
        try:
            yield listener.getsockname()[1]
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            for sock in accepted:
                sock.close()


async def test_the_server_s_key_must_be_the_pinned_one(serving: Serving) -> None:
    other = SUITE.key_exchange.generate_key_pair()
    async with serving(echo) as running:
        with pytest.raises(ChannelError) as caught:
            await open_channel("127.0.0.1", running.port, SUITE, other.public_key)
        assert caught.value.reason is FailureReason.CONNECTION, "the server says nothing and resets"


async def test_a_key_that_cannot_be_is_refused_before_anybody_is_asked() -> None:
    with pytest.raises(InvalidKeyError):
        await open_channel("127.0.0.1", 1, SUITE, b"short")


@pytest.mark.parametrize(
    "options",
    [{"application": "another"}, {"server_name": "another"}],
    ids=["application", "server name"],
)
async def test_both_sides_must_mean_the_same(serving: Serving, options: dict[str, str]) -> None:
    async with serving(echo) as running:
        with pytest.raises(ChannelError):
            await running.open(**options)
    async with serving(echo, **options) as running:
        with pytest.raises(ChannelError):
            await running.open()
        async with await running.open(**options) as stream:
            await stream.send(b"x")
            assert await stream.receive() == b"x"


async def test_another_suite_does_not_open(serving: Serving) -> None:
    """The static key fits, the primitives do not; neither side is told more than that it failed."""
    async with serving(echo) as running:
        with pytest.raises(ChannelError):
            await open_channel("127.0.0.1", running.port, aead_suite(), KEYS.public_key)


async def test_a_port_on_which_nobody_listens() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        with pytest.raises(ChannelError, match=f"cannot connect to 127.0.0.1:{port}: Connection refused") as caught:
            await open_channel("127.0.0.1", port, SUITE, KEYS.public_key)
    assert caught.value.reason is FailureReason.UNREACHABLE
    assert caught.value.__cause__ is None


async def test_a_host_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    with pytest.raises(ChannelError, match="cannot connect to nowhere:1: Name or service not known"):
        await open_channel("nowhere", 1, SUITE, KEYS.public_key)


async def test_a_server_that_says_nothing() -> None:
    async def silent(_: socket.socket) -> None:
        await asyncio.sleep(60)

    async with listening(silent) as port:
        began = time.monotonic()
        with pytest.raises(ChannelError, match="did not answer in time") as caught:
            await open_channel("127.0.0.1", port, SUITE, KEYS.public_key, handshake_seconds=0.2)
        assert caught.value.reason is FailureReason.TIMEOUT
        assert time.monotonic() - began > 0.15


@pytest.mark.parametrize(
    "said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(100), secrets.token_bytes(500)], ids=["text", "zeros", "noise"]
)
async def test_a_server_that_speaks_something_else(said: bytes) -> None:
    async def other(sock: socket.socket) -> None:
        await asyncio.get_running_loop().sock_sendall(sock, said)
        await asyncio.sleep(60)

    async with listening(other) as port:
        with pytest.raises(ChannelError, match="does not speak this protocol") as caught:
            await open_channel("127.0.0.1", port, SUITE, KEYS.public_key)
        assert caught.value.reason is FailureReason.MALFORMED


async def test_a_server_that_hangs_up() -> None:
    async def hangs_up(sock: socket.socket) -> None:
        await asyncio.get_running_loop().sock_recv(sock, 10_000)
        sock.shutdown(socket.SHUT_RDWR)

    async with listening(hangs_up) as port:
        with pytest.raises(ChannelError) as caught:
            await open_channel("127.0.0.1", port, SUITE, KEYS.public_key)
        assert caught.value.reason in {FailureReason.TRUNCATED, FailureReason.CONNECTION}


async def test_whoever_is_cancelled_in_mid_handshake_leaves_nothing_behind() -> None:
    seen: list[bytes] = []

    async def silent(sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        seen.append(await loop.sock_recv(sock, 10_000))
        try:
            seen.append(await loop.sock_recv(sock, 10_000))
        except ConnectionResetError:
            seen.append(b"reset")

    async with listening(silent) as port:
        opening = asyncio.create_task(open_channel("127.0.0.1", port, SUITE, KEYS.public_key))
        await eventually(lambda: len(seen) == 1)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await eventually(lambda: len(seen) == 2)
    assert seen[1] == b"reset"


@pytest.mark.parametrize("turns", range(12))
async def test_cancelling_at_any_moment_leaves_nothing_behind(serving: Serving, turns: int) -> None:
    async with serving(echo) as running:
        opening = asyncio.create_task(running.open())
        for _ in range(turns):
            await asyncio.sleep(0.0015)
        opening.cancel()
        try:
            stream = await opening
        except asyncio.CancelledError:
            pass
        else:
            await stream.close()
        await eventually(lambda: not running.server._connections)


async def test_an_answer_in_the_moment_of_the_deadline_is_no_error(serving: Serving) -> None:
    """The waiter is cancelled already, and the handshake completes before it runs."""
    async with serving(echo) as running:
        stream = await running.open()
        connection = stream._connection
        connection.established = asyncio.get_running_loop().create_future()
        connection.established.cancel()
        connection._establish()
        assert connection.established.cancelled()
        await stream.close()


async def test_an_ephemeral_key_comes_from_whoever_is_asked(serving: Serving) -> None:
    taken: list[KeyPair] = []

    def take() -> KeyPair:
        assert threading.current_thread() is not threading.main_thread(), "it may take seconds"
        taken.append(X25519Kem().generate_key_pair())
        return taken[-1]

    async with serving(echo) as running, await running.open(take_ephemeral=take) as stream:
        await stream.send(b"x")
        assert await stream.receive() == b"x"
    assert len(taken) == 1


async def test_the_pool_fits(serving: Serving) -> None:
    pool = EphemeralPool(SUITE.key_exchange)
    async with serving(echo) as running:
        for _ in range(4):
            async with await running.open(take_ephemeral=pool.take) as stream:
                await stream.send(b"x")
                assert await stream.receive() == b"x"
    pool.close()


async def test_a_plugin_that_makes_no_key_pair_is_named() -> None:
    class Broken(X25519Kem):
        def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
            raise ValueError("no entropy")

    with pytest.raises(PluginError, match="generate_key_pair raised ValueError"):
        await open_channel("127.0.0.1", 1, etm_suite(kex=Broken()), KEYS.public_key)


async def test_a_static_key_of_another_key_exchange_is_refused_before_listening() -> None:
    """Not by every client in turn."""
    with pytest.raises(MisuseError, match="key pair"):
        await serve(echo, "127.0.0.1", 0, SUITE, KeyPair(bytes(31), bytes(32)))


async def test_an_address_that_is_taken(serving: Serving) -> None:
    async with serving(echo) as running:
        with pytest.raises(OSError, match=r"(?i)address already in use"):
            await serve(echo, "127.0.0.1", running.port, SUITE, KEYS)


async def test_over_ipv6_too() -> None:
    try:
        server = await serve(echo, "::1", 0, SUITE, KEYS)
    except OSError:
        pytest.skip("no IPv6 here")
    async with server, await open_channel("::1", server.address[1], SUITE, KEYS.public_key) as stream:
        assert stream.peer_address == f"[::1]:{server.address[1]}"
        await stream.send(b"x")
        assert await stream.receive() == b"x"


# --- clocks ---


@pytest.mark.parametrize(("ahead", "opens"), [(0, True), (29, True), (-29, True), (32, False), (-32, False)])
async def test_clocks_may_differ_by_the_skew(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, ahead: float, opens: bool
) -> None:
    """The client's clock, in seconds before the server's."""
    monkeypatch.setattr("framework.aio.stream.ChannelClock", lambda: ChannelClock(lambda: time.time() + ahead))
    async with serving(echo) as running:
        if opens:
            async with await running.open() as stream:
                await stream.send(b"x")
                assert await stream.receive() == b"x"
        else:
            with pytest.raises(ChannelError):
                await running.open()


@pytest.mark.parametrize("step", [-86_400, 86_400])
async def test_a_clock_that_is_set_in_mid_session_changes_nothing_for_open_channels(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    real = time.time
    async with serving(echo) as running:
        stream = await running.open()
        await stream.send(b"before")
        assert await stream.receive() == b"before"
        monkeypatch.setattr(time, "time", lambda: real() + step)
        for message in (b"after", b"and still"):
            await stream.send(message)
            assert await stream.receive() == message
        await stream.close()
        async with await running.open() as fresh:  # both sides have the new time
            await fresh.send(b"x")
            assert await fresh.receive() == b"x"
