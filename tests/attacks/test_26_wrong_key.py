"""Attack 26: somebody with a key of his own answers in the bank's place.

A correct system pins the bank's key: the client sends M1, which only the bank can open, and not a byte more unless
the answer proves that it was the bank (PROTOCOL §4.4, §10).
"""

import asyncio
import os

import pytest

from app.protocol.names import APPLICATION, SERVER_NAME
from app.system.errors import ChannelFailedError
from framework import Channel, ChannelError
from framework.events import ChannelFailed, FailureReason
from framework.handshake.key_schedule import mac1
from tests.attacks.hostile_proxy import HEADER, M2, Line, frame
from tests.attacks.scene import CTR, DES3, GCM, Scene, Stage, fails_silently, now_ms

SUITES = [DES3, CTR, GCM]
MAC1_SIZE = 16


def size_of_m2(scene: Scene) -> int:
    return 32 + scene.suite.key_exchange.ciphertext_size + 32 + scene.suite.tag_size


async def impostors_line(scene: Scene) -> tuple["asyncio.Task[object]", Line, bytes]:
    """A client that has called the impostor, and its M1."""
    scene.proxy.impersonates = scene.proxy.holds = True
    opening: asyncio.Task[object] = asyncio.create_task(scene.open_session())
    line = await scene.proxy.next_line()
    return opening, line, await line.client.take()


@pytest.mark.parametrize("suite", SUITES)
async def test_impostor_who_answers_anything(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        opening, line, m1 = await impostors_line(scene)
        answer = frame(M2, os.urandom(size_of_m2(scene)))
        await fails_silently(line.client, lambda: line.client.give(answer))
        with pytest.raises(ChannelError) as raised:
            await opening
        assert raised.value.reason == FailureReason.AUTHENTICATION
        assert line.client.byte_count == len(m1)


@pytest.mark.parametrize("suite", SUITES)
async def test_impostor_who_is_a_server_with_another_key(stage: Stage, suite: str) -> None:
    """He even makes M1 pass his own filter; it does not open, for it was sealed for the bank."""
    async with stage(suite) as scene:
        opening, line, m1 = await impostors_line(scene)
        own = scene.suite.key_exchange.generate_key_pair()
        impostor = Channel.server(scene.suite, own, now=now_ms(), application=APPLICATION, server_name=SERVER_NAME)
        rest = m1[HEADER.size + MAC1_SIZE :]
        his = m1[: HEADER.size] + mac1(own.public_key, m1[: HEADER.size], rest) + rest
        [event] = impostor.receive_data(his, now_ms())
        assert isinstance(event, ChannelFailed)
        assert event.reason is FailureReason.AUTHENTICATION
        line.client.give_rst()
        with pytest.raises(ChannelError):
            await opening
        assert line.client.byte_count == len(m1)


@pytest.mark.parametrize("suite", SUITES)
async def test_client_that_has_another_key_on_record(stage: Stage, suite: str) -> None:
    """The bank closes without a word at the filter: this M1 is not for it."""
    async with stage(suite) as scene:
        other = scene.suite.key_exchange.generate_key_pair().public_key
        with pytest.raises(ChannelError) as raised:
            await scene.open_session(public_key=other)
        assert raised.value.reason == FailureReason.CONNECTION
        line = await scene.proxy.next_line()
        assert line.bank.byte_count == 0
        assert scene.failures_at_bank(line.bank) == [FailureReason.AUTHENTICATION]


async def test_what_the_atm_says(stage: Stage) -> None:
    async with stage(DES3) as scene:
        scene.proxy.impersonates = scene.proxy.holds = True
        connecting = asyncio.create_task(scene.atm().connect())
        line = await scene.proxy.next_line()
        await line.client.take()
        line.client.give(frame(M2, os.urandom(size_of_m2(scene))))
        with pytest.raises(ChannelFailedError, match="IS NOT THE BANK"):
            await connecting
