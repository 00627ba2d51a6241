"""Attack 42: connections that say as little as possible, as slowly as possible, or listen to nothing.

A correct system waits two seconds for a whole M1 and gives a handshake five in all, however busy it looks; it gives a
session a few seconds, and one message, to show a card; and it ends a channel that is too old although its peer does
not read (PROTOCOL §8.2).
"""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from app.bank.limits import BankLimits
from framework.events import FailureReason
from tests.attacks.hostile_proxy import PATIENCE, Ending, Party
from tests.attacks.scene import CTR, DES3, GCM, OPENING_BALANCE, Scene, Stage, check, now_ms

HANDSHAKE, FIRST_MESSAGE = 5.0, 2.0

MAX_WITHOUT_CARD = 256

MAX_QUEUED, ONE_READ = 64, 262_144
"""Messages that wait for the application, and bytes that one read of the socket brings at most."""


async def dribble(bank: Party, data: bytes, pause: float) -> None:
    for start in range(len(data)):
        bank.give(data[start : start + 1])
        await asyncio.sleep(pause)


async def slow_clients(scene: Scene) -> AsyncIterator[tuple[Party, bytes]]:
    """Connections in every stage of a handshake, with what they go on to say byte by byte."""
    m1 = scene.client_channel().data_to_send()
    yield await scene.proxy.dial("127.0.0.66"), b""
    yield await scene.proxy.dial("127.0.0.66"), m1[:7]
    yield await scene.proxy.dial("127.0.0.66"), m1[:-1]
    for sent in (0, 7, 60):
        bank = await scene.proxy.dial("127.0.0.67")
        channel = scene.client_channel()
        bank.give(channel.data_to_send())
        channel.receive_data(await bank.take(), now_ms())
        yield bank, channel.data_to_send()[:sent]


@pytest.mark.parametrize("suite", [DES3])
async def test_two_seconds_for_a_first_message_and_five_for_the_handshake(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        loop = asyncio.get_running_loop()
        slow, begun, carriers = [], [], []
        async for bank, data in slow_clients(scene):
            slow.append(bank)
            begun.append(loop.time())
            carriers.append(asyncio.create_task(dribble(bank, data, 0.08)))
        said = [bank.byte_count for bank in slow]
        session, _ = await scene.open_victim()
        assert await session.balance() == OPENING_BALANCE
        async with asyncio.timeout(HANDSHAKE + 2):
            ends = await asyncio.gather(*(bank.ending for bank in slow))
        for carrier in carriers:
            carrier.cancel()
        await asyncio.gather(*carriers, return_exceptions=True)
        assert {end.kind for end in ends} == {Ending.RST}
        lasted = [end.at - start for end, start in zip(ends, begun, strict=True)]
        # A connection is begun up to a handshake's time before `begun` is noted.
        without_m1, half_open = lasted[:3], lasted[3:]
        assert min(without_m1) > FIRST_MESSAGE - 1
        assert max(without_m1) < FIRST_MESSAGE + 1
        assert min(half_open) > HANDSHAKE - 1
        assert max(half_open) < HANDSHAKE + 1
        assert [bank.byte_count for bank in slow] == said
        assert [scene.failures_at_bank(bank) for bank in slow] == [[FailureReason.TIMEOUT]] * len(slow)


@pytest.mark.parametrize("talks", [False, True])
@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_session_without_a_card(stage: Stage, suite: str, *, talks: bool) -> None:
    """Whoever knows the public key can open a channel. The first thing that he says must be a card, or is his last."""
    limits = BankLimits(card_seconds=10 * PATIENCE if talks else 0.5)  # what he says ends it, not the time
    async with stage(suite, bank_limits=limits) as scene:
        puppet = await scene.open_puppet()
        loop = asyncio.get_running_loop()
        begun = loop.time()

        async def talk() -> None:
            while True:
                await puppet.ask(check())
                await asyncio.sleep(0.1)

        talking = asyncio.create_task(talk() if talks else asyncio.sleep(10))
        end = await puppet.bank.end()
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        lasted = end.at - begun
        assert talks or 0.4 < lasted < 1.5
        assert scene.balance() == OPENING_BALANCE


async def test_peer_that_does_not_read(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks and takes no answer. The bank stops reading, holds little, and ends the channel when it is old."""
    monkeypatch.setattr("framework.aio.accepted.CLOSE_SECONDS", 0.1)
    async with stage(CTR) as scene:
        scene.bank.server.lifetime_seconds = 2.0
        puppet = await scene.open_puppet()
        await puppet.show_card()
        connection = scene.bank_side(puppet.bank)
        shrink(connection._transport, socket.SO_SNDBUF)
        shrink(puppet.bank._transport, socket.SO_RCVBUF)
        puppet.bank.pause()
        for _ in range(3000):
            puppet.bank.give(puppet.seal_bytes(b"what?"))
        await asyncio.sleep(1.0)
        assert connection.congestion is not None, "the bank is not kept waiting, so this shows nothing"
        assert len(connection._messages) <= MAX_QUEUED + ONE_READ // 296
        async with asyncio.timeout(PATIENCE):
            await connection.lost()
        assert scene.failures_at_bank(puppet.bank) == [FailureReason.TIMEOUT]
        assert connection not in scene.bank.server._connections


def shrink(transport: asyncio.Transport | None, buffer: int) -> None:
    """Make a buffer of the kernel as small as it can be, so that it is soon full."""
    assert transport is not None
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, buffer, 1)


async def test_a_crowd_of_sessions_without_a_card(stage: Stage) -> None:
    """They have 256 channels of their own. The newest of them pushes out the oldest of its address, and no customer."""
    async with stage(CTR, bank_limits=BankLimits(card_seconds=10 * PATIENCE)) as scene:
        customer, _ = await scene.open_victim()
        crowd = [await scene.open_puppet(f"127.0.0.{66 + number % 4}") for number in range(MAX_WITHOUT_CARD)]
        slow = await scene.open_puppet("127.0.0.99")
        crowd += [await scene.open_puppet(f"127.0.0.{66 + number % 4}") for number in range(8)]
        ends = [await puppet.bank.end() for puppet in crowd[:9]]
        assert {end.kind for end in ends} == {Ending.RST}
        assert [scene.failures_at_bank(puppet.bank) for puppet in crowd[:9]] == [[FailureReason.LIMIT]] * 9
        await slow.show_card()
        await crowd[-1].show_card()
        assert await customer.balance() == OPENING_BALANCE
