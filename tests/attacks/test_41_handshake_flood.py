"""Attack 41: connections by the hundred, silent or with noise, to use up the bank's places or its time.

A correct system spends no key exchange on noise, for the filter comes first; bounds the places, in all and for each
address; and serves an honest client from another address at once (PROTOCOL §4.8, §8.2).
"""

import asyncio
import dataclasses
import os

import pytest

from framework import Suite
from framework.events import FailureReason
from framework.guard import GuardedKeyExchange
from framework.registry import Registry
from tests.attacks.hostile_proxy import M1, Ending, Party, frame
from tests.attacks.scene import CTR, DES3, OPENING_BALANCE, Scene, Stage
from tests.support.spies import Record, SpyKem

PLACES, PLACES_OF_AN_ADDRESS, WAITING_OF_AN_ADDRESS = 64, 8, 256


async def flood(scene: Scene, count: int, source: str) -> list[Party]:
    return [await scene.proxy.dial(source) for _ in range(count)]


async def served_at_once(scene: Scene) -> None:
    async with asyncio.timeout(2):
        session, _ = await scene.open_victim()
        assert await session.balance() == OPENING_BALANCE


@pytest.mark.parametrize("suite", [DES3, CTR])
async def test_one_address_takes_its_share_and_no_more(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        too_many = 10
        count = PLACES_OF_AN_ADDRESS + WAITING_OF_AN_ADDRESS + too_many
        flooding = await flood(scene, count, "127.0.0.66")
        await asyncio.sleep(0.3)
        refused = [bank for bank in flooding if bank.ending.done()]
        assert len(refused) == too_many
        assert {(await bank.end()).kind for bank in refused} == {Ending.RST}
        assert [scene.failures_at_bank(bank) for bank in refused] == [[FailureReason.LIMIT]] * too_many
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


async def test_all_places_taken_by_many_addresses(stage: Stage) -> None:
    """A silent crowd from eight addresses holds all places; an honest client waits for its deadline and is served."""
    async with stage(CTR) as scene:
        scene.bank.server.handshake_seconds = 0.7
        crowd = [
            bank
            for number in range(PLACES // PLACES_OF_AN_ADDRESS)
            for bank in await flood(scene, PLACES_OF_AN_ADDRESS, f"127.0.0.{66 + number}")
        ]
        await asyncio.sleep(0.2)
        asking = asyncio.create_task(scene.open_victim())
        await asyncio.sleep(0.2)
        assert not asking.done()
        session, _ = await asking
        assert await session.balance() == OPENING_BALANCE
        assert {(await bank.end()).kind for bank in crowd} == {Ending.RST}
        assert [scene.failures_at_bank(bank) for bank in crowd] == [[FailureReason.TIMEOUT]] * PLACES


async def test_clients_that_come_and_go(stage: Stage) -> None:
    """Connections that are reset while they wait give their places back."""
    async with stage(CTR) as scene:
        for _ in range(5):
            for bank in await flood(scene, 60, "127.0.0.1"):
                bank.give_rst()
        await asyncio.sleep(0.1)
        await served_at_once(scene)
