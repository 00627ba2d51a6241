"""Sockets to listen on: one for each address of a host, all with one port."""

import errno
import os
import socket
from collections.abc import Sequence
from typing import Final

from framework.aio.resolution import Address, resolve, resolve_now
from framework.limits import HANDSHAKE_SECONDS

_ATTEMPTS: Final = 20
"""How often a port that the system picked for one address may be in use on another, before that is told."""

_NOT_HERE: Final = frozenset((errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT))
"""What is said of an address that this system does not have, as ::1 where there is no IPv6."""

RESOLVE_SECONDS: Final = HANDSHAKE_SECONDS


async def bound_sockets(host: str | Sequence[str], port: int) -> list[socket.socket]:
    """Bind a socket to each address of the host, or hosts, that this system has; port 0 is one free one for all.

    They do not block, and do not listen yet. Raises OSError, and UnicodeError for a host that no name can be.
    """
    addresses: list[Address] = []
    for name in [host] if isinstance(host, str) else host:
        addresses += await resolve(name, port, RESOLVE_SECONDS)
    return _bound(addresses, port)


def addresses_to_listen_on(host: str, port: int) -> list[str]:
    """Bind as `bound_sockets` does, and let go; gives the addresses, in digits. Raises what that raises.

    For a program that begins to listen later, and wants to know of what is wrong at once. A signal that raises ends it.
    """
    sockets = _bound(resolve_now(host, port, RESOLVE_SECONDS), port)
    try:
        return [_in_digits(sock) for sock in sockets]
    finally:
        for sock in sockets:
            sock.close()


def _bound(addresses: Sequence[Address], port: int) -> list[socket.socket]:
    for _ in range(_ATTEMPTS):
        try:
            return _bound_to(dict.fromkeys(addresses), port)
        except OSError as error:
            if port or error.errno != errno.EADDRINUSE:
                raise
    return _bound_to(dict.fromkeys(addresses), port)


def _bound_to(addresses: dict[Address, None], port: int) -> list[socket.socket]:
    """Bind to each; a port 0 is picked by the first."""
    missing = OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    sockets: list[socket.socket] = []
    try:
        for address in addresses:
            try:
                sockets.append(_bound_socket(address, port))
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise
                missing = error
            else:
                port = port or sockets[0].getsockname()[1]
        if not sockets:
            raise missing
    except OSError:
        for sock in sockets:
            sock.close()
        raise
    return sockets


def _bound_socket(address: Address, port: int) -> socket.socket:
    # asyncio sets TCP_NODELAY only where the protocol is named.
    sock = socket.socket(address.family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if address.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # IPv4 has a socket of its own
        sock.bind((address.name[0], port, *address.name[2:]))
    except BaseException:
        sock.close()
        raise
    return sock


def _in_digits(sock: socket.socket) -> str:
    """The address of a socket, with its scope where it has one."""
    host, _ = socket.getnameinfo(sock.getsockname(), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    return host
