"""Attack 53: the clock of one side is turned, by a false time server or by hand."""

import time

from tests.attacks.attack import BANK, CLOCK, Attack, Outcome, expect_same, refused, rows, variants
from tests.attacks.requests import CTR, DES3, OPENING_BALANCE, accepted, withdraw
from tests.attacks.stage import Stage
from tests.attacks.watching import replaced

HOUR = 3600


async def in_mid_session(stage: Stage, suite: str, seconds: int) -> None:
    """The wall clock of both sides is turned, and stands still."""
    async with stage(suite) as scene:
        session, _ = await scene.open_victim()
        turned = time.time_ns() + seconds * 10**9
        with replaced(time, "time", lambda: turned / 10**9), replaced(time, "time_ns", lambda: turned):
            balance = accepted(await session.ask(withdraw(10_00)))
            expect_same([balance, await session.balance()], [OPENING_BALANCE - 10_00] * 2, "the balance")
        expect_same(scene.log.failures, [], "what has failed")


async def before_the_session(stage: Stage, seconds: int) -> None:
    """The client's clock alone is wrong: the bank refuses without a word, and the bystander is not concerned."""
    async with stage(CTR) as scene:
        bank = await scene.proxy.dial()
        await scene.refuses(bank, scene.rogue_client(shift=seconds * 1000).m1())
        expect_same(bank.byte_count, 0, "bytes that the bank has said")


ATTACK = Attack(
    53,
    "Turning a clock",
    "§6.6",
    "turns the clock of one side, by a false time server or by hand",
    "The wall clock is taken once, when a channel begins, and a clock that nobody turns counts on from there. A "
    "channel that begins with clocks too far apart does not come about.",
    (
        *variants(in_mid_session, rows("suite seconds", (DES3, HOUR), (CTR, -HOUR)), expected=Outcome(moved=-10_00)),
        *variants(before_the_session, seconds=(HOUR, -HOUR, 32, -32), expected=refused(BANK, CLOCK)),
    ),
)
