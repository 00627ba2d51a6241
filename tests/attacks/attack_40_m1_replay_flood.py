"""Attack 40: one genuine M1 is recorded and sent again and again, each time to be decapsulated."""

import asyncio
import dataclasses
import time

from framework import Suite
from framework.kinds.key_exchange import GuardedKeyExchange
from tests.attacks.attack import (
    AUTHENTICATION,
    BANK,
    CONNECTION,
    TIMEOUT,
    Attack,
    Outcome,
    expect,
    expect_same,
    refused,
    variants,
)
from tests.attacks.network import Ending, Party
from tests.attacks.requests import CTR, DES3, OPENING_BALANCE, withdraw
from tests.attacks.stage import Stage
from tests.support.spies import Record, SpyKem

REPLAYS = 100


def spied(stage: Stage) -> tuple[Suite, Record]:
    """The suite with a spy in the place of its key exchange."""
    spy = Record()
    return dataclasses.replace(stage.suite(CTR), key_exchange=GuardedKeyExchange(SpyKem(spy), "spy")), spy


async def all_reset(banks: list[Party]) -> None:
    ends = [await bank.end() for bank in banks]
    expect_same({end.kind for end in ends}, {Ending.RST}, "how the connections end")


async def no_copy_costs_a_decapsulation(stage: Stage) -> None:
    suite, spy = spied(stage)
    async with stage(suite) as scene:
        _, line = await scene.open_victim()
        floods = [await scene.proxy.dial(f"127.0.0.{66 + number % 8}") for number in range(REPLAYS)]
        spy.calls.clear()
        for bank in floods:
            bank.give(line.client.frames[0])
        await all_reset(floods)
        expect(not any(bank.byte_count for bank in floods), "the bank says nothing")
        scene.refused_with(floods)
        expect_same(spy.calls, [], "what the key exchange is asked")


async def copies_that_are_faster_than_the_first_open_nothing(stage: Stage) -> None:
    """Whoever stands on the way sends the M1 itself, eight times at once: one is answered, and of no use."""
    suite, spy = spied(stage)
    async with stage(suite) as scene:
        _, line = await scene.begin_session()
        m1 = await line.client.take()
        floods = [await scene.proxy.dial(f"127.0.0.{66 + number}") for number in range(8)]
        spy.calls.clear()
        for bank in floods:
            bank.give(m1)
        await floods[0].take()
        expect_same(spy.calls.count("decapsulate"), 1, "decapsulations")
        line.bank.give(m1)
        await line.bank.end()
        await scene.reason(line.bank)
        line.client.give_rst()
        await scene.reason(line.client)
        scene.proxy.holds = False
        session, _ = await scene.open_victim()
        expect_same(await session.balance(), OPENING_BALANCE, "the balance, in its next attempt")


async def new_first_messages_without_an_end(stage: Stage, address: str) -> None:
    """Each costs a decapsulation, and nothing else: the honest client waits for a turn."""
    async with stage(DES3) as scene:
        floods = []
        for number in range(40):
            floods.append(await scene.proxy.dial(f"127.0.0.{66 + number % 4}"))
            floods[-1].give(scene.fresh_m1())
        began = time.monotonic()
        puppet = await scene.open_puppet_with_card(address)
        expect(time.monotonic() - began < 2, "the honest client waits for less than two seconds")
        await puppet.ask(withdraw(10_00))
        async with asyncio.timeout(8):
            await asyncio.gather(*(asyncio.shield(bank.ending) for bank in floods))
        await all_reset(floods)
        scene.refused_with(floods)


ATTACK = Attack(
    40,
    "Flooding with one M1, and with many",
    "§4.5, §4.8, §8.2",
    "records one genuine M1 and sends it again and again, each time to be decapsulated; or sends new ones without an "
    "end",
    "A copy is refused before a decapsulation. New first messages are taken in turns by address, and an honest client "
    "is served meanwhile, also behind an address that floods.",
    (
        *variants(no_copy_costs_a_decapsulation, expected=refused(BANK, AUTHENTICATION)),
        *variants(
            copies_that_are_faster_than_the_first_open_nothing,
            expected=Outcome(bank=frozenset({AUTHENTICATION}), client=frozenset({CONNECTION})),
        ),
        *variants(
            new_first_messages_without_an_end,
            address=("127.0.0.1", "127.0.0.66"),
            expected=refused(BANK, TIMEOUT, moved=-10_00),
        ),
    ),
)
