"""Where a bank is: `host:port`, as people write it."""

import ipaddress
import re
from typing import Final

from app.system.errors import InputError, excerpt

_ADDRESS: Final = re.compile(
    r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?)):([1-9][0-9]{0,4})"
)
_MAX_PORT: Final = 65535


def canonical_address(text: str) -> str:
    """Write `host:port` the one way that the file does: lower case, IPv6 compressed and in brackets.

    Raises InputError for anything that is not a host and a port from 1 to 65535.
    """
    match = _ADDRESS.fullmatch(text)
    try:
        if match is None or int(match[3]) > _MAX_PORT:
            raise ValueError
        host = _canonical_ipv6(match[1]) if match[1] else match[2].lower()
    except ValueError:
        raise InputError(
            f"{excerpt(text)} is not the address of a bank; write host:port, as 127.0.0.1:7000 or [::1]:7000."
        ) from None
    return f"{host}:{match[3]}"


def _canonical_ipv6(text: str) -> str:
    address = ipaddress.IPv6Address(text)
    # A mapped IPv4 address reaches the same bank, and Python 3.13 writes the mapped form unlike those before it.
    return f"[{address}]" if address.ipv4_mapped is None else str(address.ipv4_mapped)


def host_and_port(text: str) -> tuple[str, int]:
    """Split the address of a bank, port 1 to 65535. Raises InputError."""
    host, _, port = canonical_address(text).rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def host_and_any_port(text: str) -> tuple[str, int]:
    """Split an address to listen on; port 0 is any free one. Raises InputError."""
    host, _, port = text.rpartition(":")
    try:
        return (host_and_port(f"{host}:1")[0], 0) if port == "0" else host_and_port(text)
    except InputError:
        raise InputError(
            f"{excerpt(text)} is not an address to listen on; write host:port, as 127.0.0.1:7000, or 127.0.0.1:0 for "
            "any free port."
        ) from None


def join(host: str, port: int) -> str:
    """Write `host:port`, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
