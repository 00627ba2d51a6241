"""Room for open channels, in all and for one address, and what counts as one address."""

import pytest

from framework import ChannelError, KeyPair, Suite, open_channel, serve
from framework.aio import ChannelStream, server
from framework.aio.places import network_of
from framework.registry import Registry


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "::/64"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("?", "?"),
    ],
)
def test_an_ipv6_address_stands_for_its_network(host: str, network: str) -> None:
    assert network_of(host) == network


def test_a_mapped_address_is_one_of_its_own() -> None:
    assert network_of("::ffff:192.0.2.1") != network_of("::ffff:192.0.2.2")


@pytest.mark.parametrize("limit", ["MAX_CHANNELS", "MAX_CHANNELS_PER_ADDRESS"])
async def test_no_more_channels_than_there_is_room_for(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    suite = Suite.parse("aes256gcm-x25519", registry)
    pair: KeyPair = suite.key_exchange.generate_key_pair()
    monkeypatch.setattr(server, limit, 2)

    async def echo(stream: ChannelStream) -> None:
        async for message in stream:
            await stream.send(message)

    async def echoes(stream: ChannelStream) -> bool:
        await stream.send(b"hello")
        return await stream.receive() == b"hello"

    async with await serve(echo, "127.0.0.1", 0, suite, pair) as running:
        first, second, third = [await open_channel(*running.address, suite, pair.public_key) for _ in range(3)]
        assert await echoes(first)
        assert await echoes(second)
        with pytest.raises(ChannelError):
            await echoes(third)
        await first.close()
        async with await open_channel(*running.address, suite, pair.public_key) as fourth:
            assert await echoes(fourth)
        assert await echoes(second)
        await second.close()
        await third.close()
