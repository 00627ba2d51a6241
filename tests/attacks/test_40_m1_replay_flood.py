"""Attack 40: one genuine M1 is recorded and sent again and again, each time to be decapsulated.

A correct system answers each with a fresh M2, at the price of one decapsulation, keeps nothing of it beyond the
handshake's deadline, acts on nothing, and serves honest clients meanwhile: an address that floods waits behind itself
(PROTOCOL §4.5, §4.8, §8.2).
"""

import asyncio
import dataclasses

from framework import Suite
from framework.events import FailureReason
from framework.guard import GuardedKeyExchange
from framework.registry import Registry
from tests.attacks.hostile_proxy import Ending
from tests.attacks.scene import CTR, DES3, OPENING_BALANCE, Stage, withdraw
from tests.support.spies import Record, SpyKem

REPLAYS = 100


async def test_each_costs_one_decapsulation_and_nothing_is_kept(stage: Stage, registry: Registry) -> None:
    spy = Record()
    suite = dataclasses.replace(Suite.parse(CTR, registry), key_exchange=GuardedKeyExchange(SpyKem(spy), "spy"))
    async with stage(suite) as scene:
        _, line = await scene.open_victim()
        m1 = line.client.frames[0]
        scene.bank.server.handshake_seconds = 0.5
        floods = [await scene.proxy.dial("127.0.0.66") for _ in range(REPLAYS)]
        spy.calls.clear()
        for bank in floods:
            bank.give(m1)
        session, _ = await scene.open_victim()
        assert await session.balance() == OPENING_BALANCE
        async with asyncio.timeout(10):
            ends = await asyncio.gather(*(bank.ending for bank in floods))
        assert {end.kind for end in ends} == {Ending.RST}
        answers = [bank.frames[0] for bank in floods if bank.frames]
        assert len(answers) == len(set(answers)) > 0
        # One at the bank and one at the client for the honest handshake, and one for each replay that had its turn;
        # those whose turn came at the very end of their time have cost one too, and got no answer. How many have a turn
        # depends on how long the flood takes to arrive; that 8 have one at once is tested with the admission.
        assert len(answers) <= spy.calls.count("decapsulate") - 2 <= REPLAYS
        reasons = {reason for bank in floods for reason in scene.failures_at_bank(bank)}
        assert reasons == {FailureReason.TIMEOUT}
        assert not scene.bank.server.admission._admitted
        assert not scene.bank.server.admission._line
        assert scene.balance() == OPENING_BALANCE


async def test_honest_client_of_the_real_suite(stage: Stage) -> None:
    async with stage(DES3) as scene:
        _, line = await scene.open_victim()
        for _ in range(20):
            (await scene.proxy.dial("127.0.0.66")).give(line.client.frames[0])
        session, _ = await scene.open_victim()
        await session.ask(withdraw(10_00))
        assert scene.balance() == OPENING_BALANCE - 10_00
