"""Attack 41: connections by the hundred, silent or with noise, to use up the bank's places or its time."""

import asyncio
import dataclasses
import os

from framework.kinds.key_exchange import GuardedKeyExchange
from tests.attacks.attack import (
    AUTHENTICATION,
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
from tests.attacks.network import M1, Ending, Party, frame
from tests.attacks.requests import CTR, DES3, OPENING_BALANCE
from tests.attacks.scene import Scene
from tests.attacks.stage import Stage
from tests.support.spies import Record, SpyKem

SILENT = 512
"""Connections without a whole M1 that the bank keeps, for two seconds each (PROTOCOL §8.2)."""


async def flood(scene: Scene, count: int, source: str) -> list[Party]:
    return [await scene.proxy.dial(source) for _ in range(count)]


async def served_at_once(scene: Scene) -> None:
    async with asyncio.timeout(2):
        session, _ = await scene.open_victim()
        expect_same(await session.balance(), OPENING_BALANCE, "the balance")


async def a_silent_crowd_from_one_address(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        too_many = 10
        flooding = await flood(scene, SILENT + too_many, "127.0.0.66")
        first = [await bank.end() for bank in flooding[:too_many]]
        expect_same({end.kind for end in first}, {Ending.RST}, "how the oldest end")
        scene.refused_with(flooding[:too_many])
        await served_at_once(scene)
        expect(not any(bank.byte_count for bank in flooding), "the bank says nothing")


async def noise_costs_no_key_exchange(stage: Stage) -> None:
    spy = Record()
    suite = dataclasses.replace(stage.suite(CTR), key_exchange=GuardedKeyExchange(SpyKem(spy), "spy"))
    async with stage(suite) as scene:
        size = len(scene.fresh_m1()) - 8
        spy.calls.clear()
        flooding = [bank for number in range(4) for bank in await flood(scene, 50, f"127.0.0.{66 + number}")]
        for bank in flooding:
            bank.give(frame(M1, os.urandom(size)))
        async with asyncio.timeout(10):
            ends = await asyncio.gather(*(bank.ending for bank in flooding))
        expect_same({end.kind for end in ends}, {Ending.RST}, "how the connections end")
        expect_same(spy.calls, [], "what the key exchange is asked")
        scene.refused_with(flooding)
        await served_at_once(scene)


async def a_silent_crowd_from_many_addresses(stage: Stage, source: str) -> None:
    """Until the last of them is sent away an honest client is served at once, time and again."""
    async with stage(CTR) as scene:
        for number in range(8):
            await flood(scene, 64, f"127.0.0.{66 + number}")
        for _ in range(20):
            async with asyncio.timeout(2):
                await scene.open_puppet_with_card(source)
            await flood(scene, 10, "127.0.0.66")


async def silence_ends_after_two_seconds(stage: Stage) -> None:
    async with stage(CTR) as scene:
        loop = asyncio.get_running_loop()
        [bank] = await flood(scene, 1, "127.0.0.66")
        begun = loop.time()
        end = await bank.end()
        expect(end.kind is Ending.RST, "the connection is reset")
        expect(1.9 < end.at - begun < 2.5, "it lasts two seconds")
        await scene.reason(bank)


async def clients_that_come_and_go(stage: Stage) -> None:
    """Connections that are reset while they wait give their places back."""
    async with stage(CTR) as scene:
        for _ in range(5):
            for bank in await flood(scene, 60, "127.0.0.1"):
                bank.give_rst()
        await asyncio.sleep(0.1)
        await served_at_once(scene)


ATTACK = Attack(
    41,
    "Flooding with connections",
    "§4.8, §8.2",
    "opens connections by the hundred, silent or with noise, to use up the bank's places or its time",
    "No key exchange is spent on noise. A place goes to whoever has sent a whole M1, and few are kept that have not. "
    "An honest client is served at once, also behind an address that floods.",
    (
        *variants(a_silent_crowd_from_one_address, suite=(DES3, CTR), expected=refused(BANK, LIMIT)),
        *variants(noise_costs_no_key_exchange, expected=refused(BANK, AUTHENTICATION)),
        *variants(a_silent_crowd_from_many_addresses, source=("127.0.0.1", "127.0.0.66"), expected=SERVED),
        *variants(silence_ends_after_two_seconds, expected=refused(BANK, TIMEOUT)),
        *variants(clients_that_come_and_go, expected=SERVED),
    ),
)
