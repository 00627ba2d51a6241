"""An address is tried as asyncio will listen on it: IPv6 and IPv4 each with a socket of its own."""

import socket

import pytest

from app.bank import try_address
from app.errors import UserError

pytestmark = pytest.mark.skipif(not socket.has_ipv6, reason="this Python has no IPv6")


def test_a_port_that_ipv4_uses_is_free_for_ipv6_alone() -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:  # noqa: S104 - to have it taken, for a moment
        port = taken.getsockname()[1]
        try:
            with socket.create_server(("::", port), family=socket.AF_INET6):
                pass
        except OSError:
            pytest.skip("this system has no IPv6")
        try_address("::", port)
        with pytest.raises(UserError, match="cannot listen"):
            try_address("127.0.0.1", port)
