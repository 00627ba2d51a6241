"""Attack 40: one genuine M1 is recorded and sent again and again, each time to be decapsulated.

A correct system remembers it and refuses each copy before a decapsulation. First messages that are new it takes in
turns by address, keeps little of each, and for no longer than the handshake's deadline; an honest client is served
meanwhile, also behind an address that floods (PROTOCOL §4.5, §4.8, §8.2).
"""

import asyncio
import dataclasses
import time

import pytest

from framework import Suite
from framework.events import FailureReason
from framework.kinds.key_exchange import GuardedKeyExchange
from framework.registry import Registry
from tests.attacks.hostile_proxy import Ending
from tests.attacks.scene import CTR, DES3, OPENING_BALANCE, Scene, Stage, withdraw
from tests.support.spies import Record, SpyKem

REPLAYS = 100


def spied(registry: Registry) -> tuple[Suite, Record]:
    spy = Record()
    return dataclasses.replace(Suite.parse(CTR, registry), key_exchange=GuardedKeyExchange(SpyKem(spy), "spy")), spy


def is_idle(scene: Scene) -> bool:
    handshakes = scene.bank.server.handshakes
    return not len(handshakes.silent) + len(handshakes.waiting) + len(handshakes.half_open)


async def test_no_copy_costs_a_decapsulation(stage: Stage, registry: Registry) -> None:
    suite, spy = spied(registry)
    async with stage(suite) as scene:
        _, line = await scene.open_victim()
        floods = [await scene.proxy.dial(f"127.0.0.{66 + number % 8}") for number in range(REPLAYS)]
        spy.calls.clear()
        for bank in floods:
            bank.give(line.client.frames[0])
        ends = [await bank.end() for bank in floods]
        assert {end.kind for end in ends} == {Ending.RST}
        assert not any(bank.byte_count for bank in floods)
        assert [scene.failures_at_bank(bank) for bank in floods] == [[FailureReason.AUTHENTICATION]] * REPLAYS
        assert spy.calls == []
        assert is_idle(scene)


async def test_copies_that_are_faster_than_the_first_open_nothing(stage: Stage, registry: Registry) -> None:
    """Whoever stands on the way sends the M1 itself, eight times at once: one is answered, and of no use."""
    suite, spy = spied(registry)
    async with stage(suite) as scene:
        scene.proxy.holds = True
        opening = asyncio.create_task(scene.open_session())
        line = await scene.proxy.next_line()
        m1 = await line.client.take()
        floods = [await scene.proxy.dial(f"127.0.0.{66 + number}") for number in range(8)]
        spy.calls.clear()
        for bank in floods:
            bank.give(m1)
        await floods[0].take()
        assert spy.calls.count("decapsulate") == 1
        line.bank.give(m1)
        await line.bank.end()
        line.client.give_rst()
        assert [type(each).__name__ for each in await asyncio.gather(opening, return_exceptions=True)] == [
            "ChannelError"
        ]
        scene.proxy.holds = False
        session, _ = await scene.open_victim()
        assert await session.balance() == OPENING_BALANCE, "its next attempt is another first message"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.66"], ids=["of its own", "that floods"])
async def test_new_first_messages_without_an_end(stage: Stage, address: str) -> None:
    """Each costs a decapsulation, and nothing else: the honest client waits for a turn."""
    async with stage(DES3) as scene:
        scene.bank.server.handshake_seconds = 1.0
        floods = []
        for number in range(40):
            floods.append(await scene.proxy.dial(f"127.0.0.{66 + number % 4}"))
            floods[-1].give(scene.fresh_m1())
        began = time.monotonic()
        puppet = await scene.open_puppet(address)
        await puppet.show_card()
        assert time.monotonic() - began < 2
        puppet.bank.give(puppet.seal(withdraw(10_00)))
        await puppet.reply()
        ends = [await bank.end() for bank in floods]
        assert {end.kind for end in ends} == {Ending.RST}
        assert [scene.failures_at_bank(bank) for bank in floods] == [[FailureReason.TIMEOUT]] * len(floods)
        assert is_idle(scene)
        assert scene.balance() == OPENING_BALANCE - 10_00
