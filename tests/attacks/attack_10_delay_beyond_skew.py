"""Attack 10: a message is held back, and delivered later than the two clocks may differ."""

import asyncio

from framework.limits import SKEW_MS, Limits
from tests.attacks.attack import (
    BANK,
    BOTH_SIDES,
    CLOCK,
    CONNECTION,
    Attack,
    Outcome,
    Side,
    expect_same,
    refused,
    variants,
)
from tests.attacks.requests import CTR, DES3, GCM, withdraw
from tests.attacks.rogue import DATA, inner, now_ms
from tests.attacks.stage import Stage

SKEW, DELAY = 1200, 1.4
"""A short skew in milliseconds, and more than that in seconds."""


async def each_kind_of_message(stage: Stage, suite: str) -> None:
    """Withdrawal, answer, M1, M2 and M3 are held at the same time, each on a line of its own."""
    async with stage(suite, Limits(skew_ms=SKEW)) as scene:
        asking, asking_line = await scene.open_victim()
        asking_line.client.hold()
        await asking.send(withdraw(10_00))
        withdrawal = await asking_line.client.take()

        answered, answered_line = await scene.open_victim()
        answered_line.bank.hold()
        await answered.send(withdraw(1_00))
        answer = await answered_line.bank.take()

        _, to_m2 = await scene.begin_session()
        to_m2.bank.give(await to_m2.client.take())
        m2 = await to_m2.bank.take()
        _, to_m3, m3 = await scene.open_before_m3()
        _, to_m1 = await scene.begin_session()  # the last, for the bank waits two seconds for it
        m1 = await to_m1.client.take()

        await asyncio.sleep(DELAY)
        reasons = await scene.refuse_all(
            [
                (asking_line.bank, withdrawal),
                (answered_line.client, answer),
                (to_m1.bank, m1),
                (to_m2.client, m2),
                (to_m3.bank, m3),
            ]
        )
        expect_same(reasons, [CLOCK] * 5, "why they are refused")
        to_m1.client.give_rst()
        await scene.reason(to_m1.client)


async def thirty_seconds_and_no_more(stage: Stage, suite: str, side: Side, sign: int) -> None:
    """At the real limit: a message that is a second less away is taken, and one that is a second more is not."""
    async with stage(suite) as scene:
        traitor = await scene.betray(side, shift=sign * (SKEW_MS - 1000))
        await traitor.talk(1)
        if sign > 0:
            timestamp = now_ms() + SKEW_MS + 1000
        else:
            timestamp = now_ms() - SKEW_MS + 1000  # not older than the last, and too old when it arrives
            await asyncio.sleep(2)
        await scene.refuses(traitor.victim, traitor.rogue.seal(inner(DATA, b"{}", timestamp=timestamp)))


async def timestamp_older_than_the_one_before_it(stage: Stage, suite: str) -> None:
    """From a client that has the keys: inside the skew, but time went back."""
    async with stage(suite) as scene:
        puppet = await scene.open_puppet_with_card()
        await scene.refuses(puppet.bank, puppet.rogue.seal(inner(DATA, b"{}", timestamp=now_ms() - 2000)))


ATTACK = Attack(
    10,
    "Delay beyond the skew",
    "§4.8, §6.6",
    "holds a message back, and delivers it later than the two clocks may differ",
    "A timestamp is under every tag. What is older than the permitted skew is refused, though position and tag are "
    "right.",
    (
        *variants(
            each_kind_of_message,
            suite=(DES3, CTR, GCM),
            expected=Outcome(bank=frozenset({CLOCK}), client=frozenset({CLOCK, CONNECTION}), moved=-1_00),
        ),
        *variants(
            thirty_seconds_and_no_more,
            suite=(GCM,),
            side=BOTH_SIDES,
            sign=(1, -1),
            expected=lambda side: refused(side, CLOCK),
        ),
        *variants(timestamp_older_than_the_one_before_it, suite=(CTR, GCM), expected=refused(BANK, CLOCK)),
    ),
)
