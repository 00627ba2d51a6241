"""A name server that does not answer holds neither the end of an event loop nor a signal."""

import asyncio
import os
import signal
import socket
import threading
import time

import pytest

from framework.aio.resolution import resolve, resolve_now
from tests.support.names import silent_name_server

SOON = 2.0


def test_the_end_of_the_loop_waits_for_no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    with silent_name_server(monkeypatch), pytest.raises(socket.gaierror):
        asyncio.run(resolve("bank.example", 7, 0.1))
    assert time.monotonic() - began < SOON


def test_a_signal_ends_the_wait_without_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with silent_name_server(monkeypatch), pytest.raises(KeyboardInterrupt):
        resolve_now("bank.example", 7, 30.0)
    timer.join()
    assert time.monotonic() - began < SOON
