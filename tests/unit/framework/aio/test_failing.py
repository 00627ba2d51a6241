"""Failures over TCP: a reset on the next tick, no byte, no difference, and the reason in the local log alone."""

import asyncio
import logging
import secrets
import socket
from collections.abc import Callable
from typing import Any

import pytest

from framework import Channel, ChannelError, ChannelFailed
from framework.aio import ChannelStream
from framework.events import FailureReason
from framework.frame import FrameType, encode_header
from framework.limits import FAILURE_TICK_SECONDS
from tests.support.by_hand import now, open_by_hand
from tests.support.channels import etm_suite, flip
from tests.support.loopback import KEYS, SUITE, RawSocket, Serving, echo, eventually
from tests.support.peers import AesCtr

TICK = FAILURE_TICK_SECONDS


def client() -> Channel:
    return Channel.client(SUITE, KEYS.public_key, now=now())


def record(channel: Channel, payload: bytes = b"x") -> bytes:
    channel.send(payload, now())
    return channel.data_to_send()


def wrong_first_messages() -> list[Any]:
    size = SUITE.body_size(FrameType.M1)
    m1 = client().data_to_send()
    return [
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="HTTP"),
        pytest.param(bytes(8), id="zeros"),
        pytest.param(encode_header(FrameType.RECORD, 288), id="a record"),
        pytest.param(encode_header(FrameType.M1, size - 1), id="wrong length"),
        pytest.param(encode_header(FrameType.M1, 2**32 - 1), id="4 GiB"),
        pytest.param(encode_header(FrameType.M1, size) + secrets.token_bytes(size), id="wrong mac1"),
        pytest.param(flip(m1, 8 * 100), id="altered M1"),
    ]


@pytest.mark.parametrize("first", wrong_first_messages())
async def test_a_wrong_first_message_is_answered_by_a_reset_and_no_byte(serving: Serving, first: bytes) -> None:
    async with serving(echo) as running:
        with await running.raw() as raw:
            await raw.send(first)
            assert await raw.receive() == RawSocket.RESET


async def crosses_a_tick(raw: RawSocket, wire: bytes) -> bool:
    """Send in the middle between two ticks: was the reset seen after the second of them?"""
    loop = asyncio.get_running_loop()
    await asyncio.sleep((0.4 * TICK - loop.time()) % TICK)
    sent = loop.time()
    await raw.send(wire)
    assert await raw.receive() == RawSocket.RESET
    return loop.time() // TICK > sent // TICK


async def test_a_first_message_that_fails_is_reset_on_the_tick(serving: Serving) -> None:
    async with serving(echo) as running:
        for first in (b"garbage!", client().data_to_send()[:24] + bytes(SUITE.body_size(FrameType.M1) - 16)):
            with await running.raw() as raw:
                assert await crosses_a_tick(raw, first)


async def test_every_failure_ends_alike_and_on_the_tick(serving: Serving, reasons: Callable[[], list[str]]) -> None:
    """FIN or RST, sooner or later, would tell how far parsing got (PROTOCOL §8.1)."""

    def altered(channel: Channel) -> bytes:
        return flip(record(channel), 8 * 50)

    def early(channel: Channel) -> bytes:
        channel._now = 0
        channel.send(b"x", now() + 60_000)
        return channel.data_to_send()

    attacks: list[tuple[str, Callable[[Channel], bytes]]] = [
        ("malformed", lambda _: b"garbage!"),
        ("malformed", lambda _: encode_header(FrameType.M1, 200)),
        ("authentication", altered),
        ("clock", early),
    ]
    async with serving(echo) as running:
        for expected, attack in attacks:
            with await running.raw() as raw:
                wire = attack(await open_by_hand(raw))
                await eventually(lambda: bool(running.server._tasks))
                assert await crosses_a_tick(raw, wire)
            assert reasons()[-1].startswith(expected)


async def test_a_stream_that_ends_early_fails(serving: Serving, reasons: Callable[[], list[str]]) -> None:
    heard: list[object] = []

    async def handler(stream: ChannelStream) -> None:
        heard.append(await stream.receive())
        try:
            await stream.receive()
        except ChannelError as error:
            heard.append(error.reason)
            raise

    async with serving(handler) as running:
        with await running.raw() as raw:
            channel = await open_by_hand(raw)
            await raw.send(record(channel, b"one"))
            raw.sock.shutdown(socket.SHUT_WR)
            assert await raw.receive() == RawSocket.RESET
        await eventually(lambda: len(heard) == 2)
    assert heard == [b"one", FailureReason.TRUNCATED]
    assert reasons() == ["truncated (the stream ended before close_notify)"]


async def test_a_connection_that_is_reset_under_a_channel_fails_it(serving: Serving) -> None:
    heard: list[object] = []

    async def handler(stream: ChannelStream) -> None:
        try:
            await stream.receive()
        except ChannelError as error:
            heard.append((str(error), error.reason))
            raise

    async with serving(handler) as running:
        with await running.raw() as raw:
            await open_by_hand(raw)
            await eventually(lambda: bool(running.server._tasks))
            raw.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        await eventually(lambda: bool(heard))
    assert heard == [("the connection was lost", FailureReason.CONNECTION)]


async def test_what_arrived_before_a_failure_is_delivered_before_it_is_told(serving: Serving) -> None:
    heard: list[object] = []
    look = asyncio.Event()

    async def handler(stream: ChannelStream) -> None:
        await look.wait()
        try:
            async for message in stream:
                heard.append(message)  # noqa: PERF401 - what came before it raises is kept
        except ChannelError as error:
            heard.append(error.reason)
            raise

    async with serving(handler) as running:
        with await running.raw() as raw:
            channel = await open_by_hand(raw)
            good = record(channel, b"1") + record(channel, b"2")
            await raw.send(good + flip(record(channel, b"3"), 8 * 60))
            assert await raw.receive() == RawSocket.RESET
        look.set()
        await eventually(lambda: FailureReason.AUTHENTICATION in heard)
    assert heard == [b"1", b"2", FailureReason.AUTHENTICATION]


async def test_a_handler_that_fails_is_logged_and_its_peer_reset_and_others_go_on(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    async def handler(stream: ChannelStream) -> None:
        message = await stream.receive()
        if message == b"fail":
            raise ValueError("a bug in the handler")
        await echo(stream)

    async with serving(handler) as running:
        good, bad = await running.open(), await running.open()
        await bad.send(b"fail")
        with pytest.raises(ChannelError) as caught:
            await bad.receive()
        assert caught.value.reason is FailureReason.CONNECTION
        await bad.close()
        [error] = [entry for entry in caplog.records if entry.levelno == logging.ERROR]
        assert error.name == "suitecase.server"
        assert "the handler of 127.0.0.1:" in error.getMessage()
        assert error.exc_info is not None
        assert isinstance(error.exc_info[1], ValueError)
        caplog.clear()
        await good.send(b"x")
        await good.send(b"y")
        assert await good.receive() == b"y"
        await good.close()


async def test_a_handler_may_abort_and_so_may_a_client(serving: Serving) -> None:
    ended: list[object] = []

    async def handler(stream: ChannelStream) -> None:
        message = await stream.receive()
        if message == b"abort":
            stream.abort()
        try:
            await stream.receive()
        except ChannelError as error:
            ended.append(error.reason)
            raise

    async with serving(handler) as running:
        stream = await running.open()
        await stream.send(b"abort")
        with pytest.raises(ChannelError):
            await stream.receive()
        with pytest.raises(ChannelError):
            await stream.send(b"x")
        await stream.close()

        stream = await running.open()
        await stream.send(b"go on")
        stream.abort()
        with pytest.raises(ChannelError):
            await stream.send(b"x")
        with pytest.raises(ChannelError):
            await stream.receive()
        await stream.close()
        await eventually(lambda: len(ended) == 2)
    assert ended == [FailureReason.CONNECTION] * 2


class BreaksLater(AesCtr):
    """Works for so many records, and then does not; only when it seals."""

    def __init__(self) -> None:
        self.left = 10**9

    def encryptor(self, key: bytes, iv: bytes) -> Any:
        outer, inner = self, super().encryptor(key, iv)

        class Stream:
            def encrypt(self, record: bytes) -> bytes:
                outer.left -= 1
                if outer.left < 0:
                    raise ValueError("broken")
                return inner.encrypt(record)

        return Stream()


async def test_a_plugin_that_breaks_while_sending_fails_the_channel_for_both(
    serving: Serving, reasons: Callable[[], list[str]]
) -> None:
    cipher = BreaksLater()
    async with serving(echo, suite=etm_suite(cipher=cipher)) as running:
        stream = await running.open()
        await stream.send(b"x")
        assert await stream.receive() == b"x"
        cipher.left = 0
        with pytest.raises(ChannelError) as caught:
            await stream.send(b"y")
        assert caught.value.reason is FailureReason.PLUGIN
        with pytest.raises(ChannelError) as caught:
            await stream.receive()
        assert caught.value.reason is FailureReason.PLUGIN
        await stream.close()
        await eventually(lambda: len(reasons()) == 2)
    assert reasons()[0].startswith("plugin (plugin 'spy' (aes256ctr): encrypt raised ValueError")
    assert reasons()[1].startswith(("connection", "truncated"))


async def test_a_plugin_that_breaks_while_closing_fails_the_channel(
    serving: Serving, reasons: Callable[[], list[str]]
) -> None:
    cipher = BreaksLater()
    async with serving(echo, suite=etm_suite(cipher=cipher)) as running:
        stream = await running.open()
        await stream.send(b"x")
        assert await stream.receive() == b"x"
        cipher.left = 0
        await stream.close()
        assert reasons()[0].startswith("plugin")
        cipher.left = 10**9
        await eventually(lambda: not running.server._connections)


async def test_a_plugin_that_breaks_in_the_server_s_handshake_resets_and_the_server_goes_on(serving: Serving) -> None:
    cipher = BreaksLater()
    async with serving(echo, suite=etm_suite(cipher=cipher)) as running:
        with await running.raw() as raw:
            m1 = Channel.client(running.suite, running.keys.public_key, now=now()).data_to_send()
            cipher.left = 0
            await raw.send(m1)
            assert await raw.receive() == RawSocket.RESET
        cipher.left = 10**9
        async with await running.open() as stream:
            await stream.send(b"x")
            assert await stream.receive() == b"x"


async def test_the_log_names_the_peer_and_the_reason_and_holds_no_secret(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    canary = b"CANARY-PIN-1234"
    caplog.set_level(logging.DEBUG)
    caplog.handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s %(exc_text)s"))
    async with serving(echo) as running:
        with await running.raw() as raw:
            channel = await open_by_hand(raw)
            await raw.send(record(channel, canary))
            await raw.receive_frame()
            await raw.send(flip(record(channel, canary), 8 * 44))
            assert await raw.receive() == RawSocket.RESET
            port = raw.sock.getsockname()[1]
    text = caplog.text
    assert f"channel with 127.0.0.1:{port} failed: authentication" in text
    exported = channel  # still open on this side
    secrets_of_it = [exported.export("x", b"", 32), exported._records.exporter.expose()]  # type: ignore[union-attr]
    for secret in [canary, *secrets_of_it, KEYS.private_key]:
        for form in (secret.hex(), repr(secret), repr(secret)[2:-1]):
            assert form not in text


async def test_a_failed_channel_is_told_to_whoever_waits(serving: Serving) -> None:
    """A reader, a writer that is kept waiting, and whoever comes later."""

    async def never_reads(_: ChannelStream) -> None:
        await asyncio.sleep(30)

    async with serving(never_reads) as running:
        stream = await running.open()

        async def fill() -> None:
            while True:
                await stream.send(bytes(60_000))

        writing, reading = asyncio.create_task(fill()), asyncio.create_task(stream.receive())
        await eventually(lambda: stream._connection.congestion is not None)
        stream._connection.fail(FailureReason.TIMEOUT, "test")
        assert stream._connection.congestion is None, "nobody waits for the tick to be told"
        for task in (writing, reading):
            with pytest.raises(ChannelError) as caught:
                await task
            assert caught.value.reason is FailureReason.TIMEOUT
        await stream.close()
        for server_task in running.server._tasks:
            server_task.cancel()


def test_every_reason_has_its_sentence() -> None:
    from framework.aio.failure import _MESSAGES, error_of

    assert set(_MESSAGES) == set(FailureReason)
    for reason in FailureReason:
        error = error_of(ChannelFailed(reason, "DETAIL"))
        assert error.reason is reason
        assert ("DETAIL" in str(error)) == (reason is FailureReason.PLUGIN), "details are for the log"
