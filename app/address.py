"""Where a bank is: `host:port`, as people write it."""

from app.errors import InputError, excerpt
from app.known_banks import canonical_address


def host_and_port(text: str) -> tuple[str, int]:
    """Split the address of a bank, port 1 to 65535. Raises InputError."""
    host, _, port = canonical_address(text).rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def host_and_any_port(text: str) -> tuple[str, int]:
    """Split an address to listen on; port 0 is any free one. Raises InputError."""
    host, _, port = text.rpartition(":")
    if port != "0":
        return host_and_port(text)
    try:
        return host_and_port(f"{host}:1")[0], 0
    except InputError:
        raise InputError(f"{excerpt(text)} is nothing to listen on; write host:port, as 127.0.0.1:0.") from None


def join(host: str, port: int) -> str:
    """Write `host:port`, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
