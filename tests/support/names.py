"""Hosts with addresses of our choice, and a name server that does not answer."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest


def know_host(patch: pytest.MonkeyPatch, host: str, addresses: Sequence[str]) -> None:
    """Let a host have these addresses, in this order; every other is as it was."""
    real = socket.getaddrinfo

    def look_up(name: Any, port: Any, *rest: Any, **options: Any) -> list[Any]:
        if name != host:
            return real(name, port, *rest, **options)
        return [found for address in addresses for found in real(address, port, *rest, **options)]

    patch.setattr(socket, "getaddrinfo", look_up)


@contextmanager
def silent_name_server(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within, every look-up waits, and goes on at the end."""
    over = threading.Event()
    real = socket.getaddrinfo

    def look_up(*given: Any, **options: Any) -> list[Any]:
        over.wait(60)
        return real(*given, **options)

    with patch.context() as context:
        context.setattr(socket, "getaddrinfo", look_up)
        try:
            yield
        finally:
            over.set()
