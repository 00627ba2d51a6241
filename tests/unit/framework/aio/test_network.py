"""Whoever holds a wide network of IPv6 is counted in it too."""

import pytest

from framework.aio.network import networks_of


@pytest.mark.parametrize(
    ("host", "networks"),
    [
        ("192.0.2.7", ["192.0.2.7"]),
        ("::ffff:192.0.2.7", ["192.0.2.7"]),
        ("64:ff9b::c000:207", ["192.0.2.7"]),
        ("[2001:db8:1:2::3]", ["2001:db8:1:2::/64", "2001:db8:1::/56", "2001:db8:1::/48"]),
        ("2001:db8:1:ff02::3", ["2001:db8:1:ff02::/64", "2001:db8:1:ff00::/56", "2001:db8:1::/48"]),
        ("fe80::1%eth0", ["fe80::/64", "fe80::/56", "fe80::/48"]),
        ("::1", ["::/64", "::/56", "::/48"]),
        ("?", ["?"]),
        ("", [""]),
    ],
)
async def test_the_networks_of_an_address(host: str, networks: list[str]) -> None:
    assert list(networks_of(host)) == networks


async def test_a_site_is_one_however_many_networks_it_has() -> None:
    seen = [networks_of(f"2001:db8:1:{at:x}::{at:x}") for at in range(512)]
    assert len({narrow for narrow, _, _ in seen}) == 512
    assert len({middle for _, middle, _ in seen}) == 2
    assert len({wide for _, _, wide in seen}) == 1
