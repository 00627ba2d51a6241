"""Which networks an address belongs to, for limits by address (PROTOCOL §8.2)."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

_PREFIXES: Final = (64, 56, 48)
"""What a network, a household and a site are given of IPv6 (RFC 6177): who has one has all addresses in it."""

_NAT64: Final = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as a translator writes them (RFC 6052)."""


def networks_of(host: str) -> tuple[str, ...]:
    """The networks that are counted for a peer, the narrowest first; a wider one deserves a higher limit.

    An IPv4 address is its own only one, whichever way it is written; an IPv6 address has three, its /64, /56 and /48.
    What is no address is one by itself.
    """
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]").partition("%")[0])
    except ValueError:
        return (host,)
    if isinstance(address, IPv4Address):
        return (str(address),)
    within = _ipv4_within(address)
    if within is not None:
        return (str(within),)
    return tuple(str(IPv6Network((address, prefix), strict=False)) for prefix in _PREFIXES)


def _ipv4_within(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped
