"""Where a bank is: `host:port`, as people write it."""

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
    return host_and_port(f"{host}:1")[0], 0


def join(host: str, port: int) -> str:
    """Write `host:port`, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
