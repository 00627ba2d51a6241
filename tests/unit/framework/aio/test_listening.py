"""A host with several addresses is listened on at one port, and at each address that the system has."""

import asyncio
import errno
import socket
from typing import Any

import pytest

from framework.aio import open_channel, serve
from framework.aio.listening import addresses_to_listen_on, bound_sockets
from tests.support.loopback import KEYS, SUITE, echo
from tests.support.names import know_host, silent_name_server

TWO = ["127.0.0.1", "127.0.0.2"]


def names_of(sockets: list[socket.socket]) -> list[Any]:
    names = [sock.getsockname()[:2] for sock in sockets]
    for sock in sockets:
        sock.close()
    return names


async def test_port_0_is_one_port_for_all_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    know_host(monkeypatch, "bank.example", TWO)
    (first, port), (second, same) = names_of(await bound_sockets("bank.example", 0))
    assert ([first, second], port) == (TWO, same)


async def test_a_port_that_is_free_on_one_address_alone_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.2", 0)) as taken:
        real = socket.socket.bind
        picked: list[Any] = []

        def bind(sock: socket.socket, name: Any) -> None:
            if name == ("127.0.0.1", 0) and not picked:
                picked.append(name)
                name = ("127.0.0.1", taken.getsockname()[1])
            real(sock, name)

        monkeypatch.setattr(socket.socket, "bind", bind)
        names = names_of(await bound_sockets(TWO, 0))
        assert picked
        assert names[0][1] == names[1][1] != taken.getsockname()[1]
        with pytest.raises(OSError, match="in use") as caught:
            await bound_sockets(TWO, taken.getsockname()[1])
        assert caught.value.errno == errno.EADDRINUSE


async def test_addresses_that_the_system_lacks_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    know_host(monkeypatch, "bank.example", ["2001:db8::1", "127.0.0.1", "192.0.2.1"])
    ((host, port),) = names_of(await bound_sockets("bank.example", 0))
    assert host == "127.0.0.1"
    assert addresses_to_listen_on("bank.example", port) == ["127.0.0.1"]
    know_host(monkeypatch, "elsewhere.example", ["192.0.2.1"])
    with pytest.raises(OSError, match="assign requested address"):
        await bound_sockets("elsewhere.example", 0)


async def test_a_system_without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    know_host(monkeypatch, "localhost", ["::1", "127.0.0.1"])
    real = socket.socket

    def without(family: int = socket.AF_INET, *rest: Any, **options: Any) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return real(family, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr("framework.aio.listening.socket.socket", without)
        found = await bound_sockets("localhost", 0)
        assert [host for host, _ in names_of(found)] == ["127.0.0.1"]


async def test_a_port_that_ipv4_uses_is_free_for_ipv6_alone() -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:  # noqa: S104 - to have it taken, for a moment
        port = taken.getsockname()[1]
        try:
            names_of(await bound_sockets("::1", 0))
        except OSError:
            pytest.skip("this system has no IPv6")
        names_of(await bound_sockets("::", port))
        with pytest.raises(OSError, match="in use"):
            await bound_sockets("127.0.0.1", port)


async def test_a_server_answers_at_each_address(monkeypatch: pytest.MonkeyPatch) -> None:
    know_host(monkeypatch, "bank.example", TWO)
    async with await serve(echo, "bank.example", 0, SUITE, KEYS) as server:
        _, port = server.address
        for host in TWO:
            async with await open_channel(host, port, SUITE, KEYS.public_key) as stream:
                await stream.send(b"hello")
                assert await stream.receive() == b"hello"


async def test_a_name_server_that_does_not_answer_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framework.aio.listening.RESOLVE_SECONDS", 0.1)
    with silent_name_server(monkeypatch):
        async with asyncio.timeout(5):
            with pytest.raises(socket.gaierror, match="name server"):
                await serve(echo, "bank.example", 0, SUITE, KEYS)
