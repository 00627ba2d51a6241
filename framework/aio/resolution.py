"""The addresses of a host: looked up in a thread that nobody waits for longer than he wants to."""

import asyncio
import socket
from concurrent.futures import Future
from ipaddress import IPv4Address, ip_address
from typing import NamedTuple

from framework.aio.daemon_threads import DaemonThreads


class Address(NamedTuple):
    """One address of a host and a port, as a socket takes it."""

    family: int
    name: tuple[str, int] | tuple[str, int, int, int]


async def resolve(host: str, port: int, seconds: float) -> list[Address]:
    """Look up the addresses of a host, best first. Raises OSError, also after so many seconds, and UnicodeError."""
    known = _written_out(host, port)
    if known is not None:
        return [known]
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.wrap_future(_begin(host, port))
    except TimeoutError:
        raise _silent() from None


def resolve_now(host: str, port: int, seconds: float) -> list[Address]:
    """As `resolve`, where there is no event loop. A signal that raises ends it at once."""
    known = _written_out(host, port)
    if known is not None:
        return [known]
    try:
        return _begin(host, port).result(seconds)
    except TimeoutError:
        raise _silent() from None


def _begin(host: str, port: int) -> "Future[list[Address]]":
    return DaemonThreads().submit(_look_up, host, port)


def _look_up(host: str, port: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(Address(family, name) for family, _, _, _, name in found))  # type: ignore[arg-type] # by family


def _written_out(host: str, port: int) -> Address | None:
    """Take an address that is written in digits as it is: that needs neither a thread nor a name server."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return Address(socket.AF_INET, (host, port))
    # The number of a scope, as of fe80::1%eth0, is the system's to tell.
    return Address(socket.AF_INET6, (host, port, 0, 0)) if address.scope_id is None else None


def _silent() -> OSError:
    return socket.gaierror(socket.EAI_AGAIN, "its name server does not answer")
