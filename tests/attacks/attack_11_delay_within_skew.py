"""Attack 11: messages are held back for less than the clocks may differ, and then let go."""

import asyncio

from tests.attacks.attack import AUTHENTICATION, BANK, Attack, Outcome, expect_same, refused, variants
from tests.attacks.network import Party
from tests.attacks.requests import CTR, DES3, GCM, OPENING_BALANCE, balances, withdraw
from tests.attacks.scene import stays_silent
from tests.attacks.stage import Stage

DELAY = 0.3


async def late_in_order_and_once(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        line.client.hold()
        for amount in (1_00, 2_00, 4_00):
            await session.send(withdraw(amount))
        held = [await line.client.take() for _ in range(3)]
        await stays_silent(line.bank, DELAY)
        expect_same(scene.balance(), OPENING_BALANCE, "the balance before anything is let go")
        line.bank.give(b"".join(held))
        seen = balances([await session.reply() for _ in held])
        expect_same(seen, [OPENING_BALANCE - spent for spent in (1_00, 3_00, 7_00)], "the balances in the answers")
        await scene.refuses(line.bank, held[-1])


async def every_message_of_a_session_late(stage: Stage, suite: str) -> None:
    """Each of M1, M2, M3 and the records on its own is delayed, and the session is as any other."""
    async with stage(suite) as scene:
        talking, line = await scene.begin_session()
        for sender, receiver in ((line.client, line.bank), (line.bank, line.client), (line.client, line.bank)):
            await pass_on_late(sender, receiver)
        session = await talking
        for request in (session.card.request(), withdraw(10_00)):
            await session.send(request)
            await pass_on_late(line.client, line.bank)
            await pass_on_late(line.bank, line.client)
            await session.reply()


async def pass_on_late(sender: Party, receiver: Party) -> None:
    message = await sender.take()
    await asyncio.sleep(0.1)
    receiver.give(message)


ATTACK = Attack(
    11,
    "Delay within the skew",
    "§6.6",
    "holds messages back for less than the clocks may differ, and then lets them go",
    "No channel can tell that from a slow network: the messages arrive late, in order, and once.",
    (
        *variants(late_in_order_and_once, suite=(DES3, CTR, GCM), expected=refused(BANK, AUTHENTICATION, moved=-7_00)),
        *variants(every_message_of_a_session_late, suite=(DES3, GCM), expected=Outcome(moved=-10_00)),
    ),
)
