"""Attack 41: connections by the hundred, silent or with noise, to use up the bank's places or its time.

A correct system spends no key exchange on noise, for the filter comes first. It gives a place to whoever has sent a
whole M1, keeps few that have not, and serves an honest client at once, also behind an address that floods (PROTOCOL
§4.8, §8.2).
"""

import asyncio
import dataclasses
import os

import pytest

from framework import Suite
from framework.events import FailureReason
from framework.kinds.key_exchange import GuardedKeyExchange
from framework.registry import Registry
from tests.attacks.hostile_proxy import M1, Ending, Party, frame
from tests.attacks.scene import CTR, DES3, OPENING_BALANCE, Scene, Stage
from tests.support.spies import Record, SpyKem

SILENT = 512
"""Connections without a whole M1 that the bank keeps, for two seconds each."""


async def flood(scene: Scene, count: int, source: str) -> list[Party]:
    return [await scene.proxy.dial(source) for _ in range(count)]


async def served_at_once(scene: Scene) -> None:
    async with asyncio.timeout(2):
        session, _ = await scene.open_victim()
        assert await session.balance() == OPENING_BALANCE


@pytest.mark.parametrize("suite", [DES3, CTR])
async def test_a_silent_crowd_from_one_address(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        too_many = 10
        flooding = await flood(scene, SILENT + too_many, "127.0.0.66")
        first = [await bank.end() for bank in flooding[:too_many]]
        assert {end.kind for end in first} == {Ending.RST}
        assert [scene.failures_at_bank(bank) for bank in flooding[:too_many]] == [[FailureReason.LIMIT]] * too_many
        await served_at_once(scene)
        assert all(bank.byte_count == 0 for bank in flooding)


async def test_noise_costs_no_key_exchange(stage: Stage, registry: Registry) -> None:
    spy = Record()
    suite = dataclasses.replace(Suite.parse(CTR, registry), key_exchange=GuardedKeyExchange(SpyKem(spy), "spy"))
    async with stage(suite) as scene:
        size = len(scene.client_channel().data_to_send()) - 8
        spy.calls.clear()
        flooding = [bank for number in range(4) for bank in await flood(scene, 50, f"127.0.0.{66 + number}")]
        for bank in flooding:
            bank.give(frame(M1, os.urandom(size)))
        async with asyncio.timeout(10):
            ends = await asyncio.gather(*(bank.ending for bank in flooding))
        assert {end.kind for end in ends} == {Ending.RST}
        assert spy.calls == []
        assert {reason for _, reason in scene.failures()} == {FailureReason.AUTHENTICATION}
        await served_at_once(scene)


@pytest.mark.parametrize("source", ["127.0.0.1", "127.0.0.66"], ids=["address of its own", "address that floods"])
async def test_a_silent_crowd_from_many_addresses(stage: Stage, source: str) -> None:
    """Until the last of them is sent away an honest client is served at once, time and again."""
    async with stage(CTR) as scene:
        for number in range(8):
            await flood(scene, 64, f"127.0.0.{66 + number}")
        for _ in range(20):
            async with asyncio.timeout(2):
                puppet = await scene.open_puppet(source)
                await puppet.show_card()
            await flood(scene, 10, "127.0.0.66")


async def test_silence_ends_after_two_seconds(stage: Stage) -> None:
    async with stage(CTR) as scene:
        loop = asyncio.get_running_loop()
        [bank] = await flood(scene, 1, "127.0.0.66")
        begun = loop.time()
        end = await bank.end()
        assert end.kind is Ending.RST
        assert 1.9 < end.at - begun < 2.5
        assert scene.failures_at_bank(bank) == [FailureReason.TIMEOUT]


async def test_clients_that_come_and_go(stage: Stage) -> None:
    """Connections that are reset while they wait give their places back."""
    async with stage(CTR) as scene:
        for _ in range(5):
            for bank in await flood(scene, 60, "127.0.0.1"):
                bank.give_rst()
        await asyncio.sleep(0.1)
        await served_at_once(scene)
