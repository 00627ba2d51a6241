"""Names are looked up beside the work: a name server that does not answer holds nobody past a deadline or a signal."""

import socket
import threading
import time

import pytest

from framework import ChannelError
from framework.aio import open_channel
from framework.aio.resolution import Address, resolve, resolve_now
from tests.support.loopback import KEYS, SUITE
from tests.support.names import know_host, silent_name_server

SOON = 2.0


async def test_addresses_come_in_order_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    know_host(monkeypatch, "bank.example", ["192.0.2.1", "192.0.2.2", "192.0.2.1"])
    found = await resolve("bank.example", 7, 1.0)
    assert found == [Address(socket.AF_INET, ("192.0.2.1", 7)), Address(socket.AF_INET, ("192.0.2.2", 7))]
    assert resolve_now("bank.example", 7, 1.0) == found


async def test_addresses_in_digits_need_no_name_server_and_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", lambda _thread: pytest.fail("a thread"))
    with silent_name_server(monkeypatch):
        assert await resolve("127.0.0.1", 7, 0.1) == [Address(socket.AF_INET, ("127.0.0.1", 7))]
        assert resolve_now("::1", 7, 0.1) == [Address(socket.AF_INET6, ("::1", 7, 0, 0))]


async def test_no_thread_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    know_host(monkeypatch, "bank.example", ["192.0.2.1"])
    assert resolve_now("bank.example", 7, 1.0) == await resolve("bank.example", 7, 1.0)


async def test_a_channel_is_given_up_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    with (
        silent_name_server(monkeypatch),
        pytest.raises(ChannelError, match=r"cannot connect to bank\.example:7: its name"),
    ):
        await open_channel("bank.example", 7, SUITE, KEYS.public_key, handshake_seconds=0.3)
    assert time.monotonic() - began < SOON


async def test_a_name_that_none_can_be() -> None:
    with pytest.raises(UnicodeError):
        await resolve("x" * 64 + ".example", 7, 5.0)
