"""Attack 4: what a side has sent is sent back to it."""

from framework.aio import ChannelStream
from tests.attacks.attack import (
    AUTHENTICATION,
    BANK,
    BOTH_SIDES,
    CLIENT,
    MALFORMED,
    Attack,
    Side,
    SurpriseError,
    refused,
    variants,
)
from tests.attacks.requests import CTR, DES3, GCM, withdraw
from tests.attacks.stage import Stage


async def record_at_the_position_that_is_awaited(stage: Stage, suite: str, side: Side) -> None:
    """A client that has asked awaits a record where its own stood; a server does so when it speaks first."""
    async with stage(suite) as scene:
        if side == CLIENT:
            session, line = await scene.open_victim()
            line.client.hold()
            await session.send(withdraw(10_00))
            await scene.refuses(line.client, await line.client.take())
            return

        async def greet(stream: ChannelStream) -> None:
            await stream.send(b"welcome")
            async for _ in stream:
                raise SurpriseError("a server takes its own message for a client's")

        await scene.serve_instead(greet)
        puppet = await scene.open_puppet()
        await scene.refuses(puppet.bank, await puppet.bank.take())


async def m1_to_the_client(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        _, client, m1 = await scene.call_impostor()
        await scene.refuses(client, m1)


async def m2_to_the_bank(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        bank = await scene.proxy.dial()
        bank.give(scene.fresh_m1())
        await scene.refuses(bank, await bank.take())


async def m3_to_the_client(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        _, line = await scene.open_victim()
        await scene.refuses(line.client, line.client.frames[1])


ATTACK = Attack(
    4,
    "Reflection",
    "§4.6, §7",
    "sends back to a side what it has sent itself",
    "Each direction has keys of its own: a reflected record does not verify, also where its position is the one that "
    "is awaited. A reflected message of the handshake is out of place.",
    (
        *variants(
            record_at_the_position_that_is_awaited,
            suite=(DES3, CTR, GCM),
            side=BOTH_SIDES,
            expected=lambda side: refused(side, AUTHENTICATION),
        ),
        *variants(m1_to_the_client, suite=(CTR, GCM), expected=refused(CLIENT, MALFORMED)),
        *variants(m2_to_the_bank, suite=(CTR, GCM), expected=refused(BANK, MALFORMED)),
        *variants(m3_to_the_client, suite=(CTR, GCM), expected=refused(CLIENT, MALFORMED)),
    ),
)
