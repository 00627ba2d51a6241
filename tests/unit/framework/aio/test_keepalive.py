"""A peer whose cable is pulled is noticed, on both sides (PROTOCOL §8.2)."""

import socket

import pytest

from framework.aio.connection import Connection
from framework.aio.keepalive import keep_alive
from tests.support.loopback import Serving, echo

OPTIONS = {"TCP_KEEPIDLE": 30, "TCP_KEEPALIVE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 60_000}


def options_of(connection: Connection) -> dict[str, int]:
    """Those of them that this system has."""
    assert connection._transport is not None
    sock = connection._transport.get_extra_info("socket")
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    return {
        name: sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in OPTIONS if hasattr(socket, name)
    }


async def test_both_sides_probe(serving: Serving) -> None:
    async with serving(echo) as running, await running.open() as stream:
        [accepted] = running.server._connections
        for connection in (accepted, stream._connection):
            found = options_of(connection)
            assert len(found) >= 3
            assert found == {name: OPTIONS[name] for name in found}


def test_a_system_without_an_option_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OPTIONS:
        monkeypatch.delattr(socket, name, raising=False)
    with socket.socket() as sock:
        keep_alive(sock)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_what_is_no_tcp_stays_as_it_is() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        keep_alive(ours)
    keep_alive(ours)  # closed
    keep_alive(None)
