"""What §4.6 says of keys that are done with: nothing refers to them any more."""

import asyncio
import gc
import secrets
import weakref

from framework import Channel, HandshakeCompleted, KeyPair, open_channel, serve
from framework.aio.stream import ChannelStream
from framework.events import FailureReason
from tests.support.channels import NOW, Pair, etm_suite

SUITE = etm_suite()


def fresh() -> tuple[KeyPair, "weakref.ref[KeyPair]"]:
    pair = SUITE.key_exchange.generate_key_pair()
    return pair, weakref.ref(pair)


def is_gone(reference: "weakref.ref[KeyPair]") -> bool:
    gc.collect()
    return reference() is None


def begun() -> tuple[Pair, "weakref.ref[KeyPair]"]:
    static = SUITE.key_exchange.generate_key_pair()
    ephemeral, reference = fresh()
    client = Channel.client(SUITE, static.public_key, now=NOW, ephemeral=ephemeral)
    return Pair(client, Channel.server(SUITE, static, now=NOW)), reference


def test_the_ephemeral_key_is_dropped_when_m2_is_read() -> None:
    pair, reference = begun()
    assert not is_gone(reference)
    pair.exchange()
    assert pair.client_events == [HandshakeCompleted()]
    assert is_gone(reference)


def test_the_ephemeral_key_is_dropped_when_the_handshake_fails() -> None:
    pair, reference = begun()
    pair.client.fail(FailureReason.TIMEOUT)
    assert is_gone(reference)
    pair, reference = begun()
    pair.client.receive_data(secrets.token_bytes(1000), NOW)
    assert is_gone(reference)


async def test_the_ephemeral_key_is_dropped_by_an_open_stream() -> None:
    async def handler(stream: ChannelStream) -> None:
        async for message in stream:
            await stream.send(message)

    static = SUITE.key_exchange.generate_key_pair()
    given: list[weakref.ref[KeyPair]] = []

    def take() -> KeyPair:
        pair, reference = fresh()
        given.append(reference)
        return pair

    async with await serve(handler, "127.0.0.1", 0, SUITE, static) as server:
        stream = await open_channel(*server.address, SUITE, static.public_key, take_ephemeral=take)
        await stream.send(b"hello")
        await asyncio.sleep(0)
        assert is_gone(given[0])
        await stream.close()
