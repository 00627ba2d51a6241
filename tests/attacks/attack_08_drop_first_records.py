"""Attack 8: records at the beginning of a channel are dropped, so that the rest looks like all there was."""

from tests.attacks.attack import (
    AUTHENTICATION,
    BANK,
    BOTH_SIDES,
    MALFORMED,
    Attack,
    Side,
    expect_same,
    refused,
    rows,
    variants,
)
from tests.attacks.requests import CTR, DES3, GCM, OPENING_BALANCE, withdraw
from tests.attacks.stage import Stage


async def first_records(stage: Stage, suite: str, side: Side, dropped: int) -> None:
    async with stage(suite) as scene:
        session, line = await scene.open_session_and_line()
        await line.client.said(2)
        sender = line.across(side)
        sender.hold()
        await session.send(session.card.request())
        for _ in range(dropped):
            await session.send(withdraw(10_00))
        records = [await sender.take() for _ in range(dropped + 1)]
        await scene.refuses(line.side(side), records[-1])


async def record_in_mid_session(stage: Stage, suite: str, side: Side) -> None:
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        await session.balance()
        sender = line.across(side)
        sender.hold()
        await session.send(withdraw(1_00))
        await session.send(withdraw(2_00))
        await sender.take()
        await scene.refuses(line.side(side), await sender.take())


async def nothing_can_be_put_before_the_first_record(stage: Stage, suite: str) -> None:
    """Terrapin's other half: messages that were injected into the handshake made room for those that were dropped."""
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        bank = await scene.proxy.dial()
        bank.give(scene.fresh_m1())
        await bank.take()
        await scene.refuses(bank, line.client.frames[2])
        expect_same(await session.balance(), OPENING_BALANCE, "the balance")


ATTACK = Attack(
    8,
    "Dropping the first records",
    "§4.5, §6.1",
    "drops records at the beginning of a channel, or later, so that the rest looks like all there was; Terrapin "
    "(CVE-2023-48795) did so to SSH",
    "Sequence numbers count from the handshake on, where an attacker cannot shift them: a gap is fatal at once.",
    (
        *variants(
            first_records,
            rows("suite dropped", (DES3, 1), (CTR, 1), (GCM, 2)),
            side=BOTH_SIDES,
            expected=lambda side, dropped: refused(
                side, AUTHENTICATION, moved=0 if side == BANK else -10_00 * int(dropped)
            ),
        ),
        *variants(
            record_in_mid_session,
            suite=(CTR, GCM),
            side=BOTH_SIDES,
            expected=lambda side: refused(side, AUTHENTICATION, moved=0 if side == BANK else -3_00),
        ),
        *variants(nothing_can_be_put_before_the_first_record, suite=(CTR, GCM), expected=refused(BANK, MALFORMED)),
    ),
)
