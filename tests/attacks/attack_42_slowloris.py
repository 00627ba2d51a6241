"""Attack 42: connections that say as little as possible, as slowly as possible, or listen to nothing."""

import asyncio
from collections.abc import AsyncIterator

from app.bank.limits import BankLimits
from framework.aio import ChannelStream
from tests.attacks.attack import (
    BANK,
    LIMIT,
    SERVED,
    TIMEOUT,
    Attack,
    expect,
    expect_same,
    refused,
    variants,
)
from tests.attacks.network import PATIENCE, Ending, Party
from tests.attacks.people import Puppet
from tests.attacks.requests import CTR, DES3, GCM, OPENING_BALANCE, check
from tests.attacks.scene import Scene
from tests.attacks.stage import Stage

HANDSHAKE, FIRST_MESSAGE = 5.0, 2.0
"""Seconds for a handshake and for its first message (PROTOCOL §8.2)."""

MAX_WITHOUT_CARD = 256

MESSAGE = bytes(60_000)
FLOOD = 1000
"""Messages of that size, all answered: more than the system's own buffers hold in both directions."""


async def dribble(bank: Party, data: bytes, pause: float) -> None:
    for start in range(len(data)):
        bank.give(data[start : start + 1])
        await asyncio.sleep(pause)


async def slow_clients(scene: Scene) -> AsyncIterator[tuple[Party, bytes]]:
    """Connections in every stage of a handshake, with what they go on to say byte by byte."""
    m1 = scene.fresh_m1()
    yield await scene.proxy.dial("127.0.0.66"), b""
    yield await scene.proxy.dial("127.0.0.66"), m1[:7]
    yield await scene.proxy.dial("127.0.0.66"), m1[:-1]
    for sent in (0, 7, 60):
        bank, rogue = await scene.half_open("127.0.0.67")
        yield bank, rogue.m3()[:sent]


async def two_seconds_for_a_first_message_and_five_for_the_handshake(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        loop = asyncio.get_running_loop()
        slow, begun, carriers = [], [], []
        async for bank, data in slow_clients(scene):
            slow.append(bank)
            begun.append(loop.time())
            carriers.append(asyncio.create_task(dribble(bank, data, 0.08)))
        said = [bank.byte_count for bank in slow]
        session, _ = await scene.open_victim()
        expect_same(await session.balance(), OPENING_BALANCE, "the balance")
        async with asyncio.timeout(HANDSHAKE + 2):
            ends = await asyncio.gather(*(bank.ending for bank in slow))
        for carrier in carriers:
            carrier.cancel()
        await asyncio.gather(*carriers, return_exceptions=True)
        expect_same({end.kind for end in ends}, {Ending.RST}, "how the connections end")
        lasted = [end.at - start for end, start in zip(ends, begun, strict=True)]
        # A connection is begun up to a handshake's time before `begun` is noted.
        for measured, limit in ((lasted[:3], FIRST_MESSAGE), (lasted[3:], HANDSHAKE)):
            expect(all(limit - 1 < each < limit + 1 for each in measured), f"they last {limit} s, not {measured}")
        expect_same([bank.byte_count for bank in slow], said, "bytes that the bank has said")
        scene.refused_with(slow)


async def lasted(puppet: Puppet) -> float:
    """Seconds until the bank has ended the connection."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    return (await puppet.bank.end()).at - begun


async def silence_without_a_card(stage: Stage, suite: str) -> None:
    """Whoever knows the public key can open a channel. It ends when no card is shown."""
    async with stage(suite, bank_limits=BankLimits(card_seconds=0.5)) as scene:
        seconds = await lasted(await scene.open_puppet())
        expect(0.4 < seconds < 1.5, f"the session lasts half a second, not {seconds}")


async def talk_without_a_card(stage: Stage, suite: str) -> None:
    """The first thing that somebody says must be a card, or is his last: what he says ends it, not the time."""
    async with stage(suite, bank_limits=BankLimits(card_seconds=10 * PATIENCE)) as scene:
        puppet = await scene.open_puppet()
        puppet.bank.give(puppet.seal(check()))
        await puppet.bank.end()


async def peer_that_does_not_read(stage: Stage) -> None:
    """It asks and takes no answer. The server stops reading, holds little, and ends the channel when it is old."""

    async def echo(stream: ChannelStream) -> None:
        async for message in stream:
            await stream.send(message)

    async with stage(CTR) as scene:
        await scene.serve_instead(echo, lifetime_seconds=2.0)
        puppet = await scene.open_puppet()
        puppet.bank.take_little()
        puppet.bank.pause()
        for _ in range(FLOOD):
            puppet.bank.give(puppet.rogue.say(MESSAGE))
        left = await puppet.bank.untaken(0.5)
        expect(left > FLOOD * len(MESSAGE) // 2, f"the server takes less than half, and leaves more than {left}")
        async with asyncio.timeout(8):
            while scene.goes_on(puppet.bank):  # noqa: ASYNC110 - the log sets no asyncio.Event
                await asyncio.sleep(0.05)
        await scene.reason(puppet.bank)
        puppet.bank.resume()
        expect((await puppet.bank.end()).kind is Ending.RST, "the connection is reset")


async def a_crowd_of_sessions_without_a_card(stage: Stage) -> None:
    """They have 256 channels of their own. The newest of them pushes out the oldest of its address, and no customer."""
    async with stage(CTR, bank_limits=BankLimits(card_seconds=10 * PATIENCE)) as scene:
        customer, _ = await scene.open_victim()
        crowd = [await scene.open_puppet(f"127.0.0.{66 + number % 4}") for number in range(MAX_WITHOUT_CARD)]
        slow = await scene.open_puppet("127.0.0.99")
        crowd += [await scene.open_puppet(f"127.0.0.{66 + number % 4}") for number in range(8)]
        ends = [await puppet.bank.end() for puppet in crowd[:9]]
        expect_same({end.kind for end in ends}, {Ending.RST}, "how the oldest end")
        scene.refused_with(puppet.bank for puppet in crowd[:9])
        await slow.show_card()
        await crowd[-1].show_card()
        expect_same(await customer.balance(), OPENING_BALANCE, "the customer's balance")


ATTACK = Attack(
    42,
    "Slowness",
    "§8.2",
    "says as little as possible, as slowly as possible, or listens to nothing",
    "A whole M1 is due in two seconds and a handshake in five, however busy it looks. A session has a few seconds, and "
    "one message, to show a card. A channel that is too old ends although its peer does not read.",
    (
        *variants(
            two_seconds_for_a_first_message_and_five_for_the_handshake,
            suite=(DES3,),
            expected=refused(BANK, TIMEOUT),
        ),
        *variants(silence_without_a_card, suite=(CTR, GCM), expected=SERVED),
        *variants(talk_without_a_card, suite=(CTR, GCM), expected=SERVED),
        *variants(peer_that_does_not_read, expected=refused(BANK, TIMEOUT)),
        *variants(a_crowd_of_sessions_without_a_card, expected=refused(BANK, LIMIT)),
    ),
)
