"""Attack 3: two messages change places on the way."""

from tests.attacks.attack import (
    AUTHENTICATION,
    BANK,
    BOTH_SIDES,
    CLIENT,
    MALFORMED,
    Attack,
    Side,
    refused,
    rows,
    variants,
)
from tests.attacks.requests import CTR, DES3, GCM, withdraw
from tests.attacks.stage import Stage


async def records(stage: Stage, suite: str, side: Side, *, in_one_packet: bool) -> None:
    """A bank that is attacked carries out neither; a client's bank carried out both before it answered."""
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        sender = line.across(side)
        sender.hold()
        await session.send(withdraw(1_00))
        await session.send(withdraw(2_00))
        first, second = await sender.take(), await sender.take()
        await scene.refuses(line.side(side), second + first if in_one_packet else second)


async def record_before_m3(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        session, line, m3 = await scene.open_before_m3()
        await session.send(session.card.request())
        await scene.refuses(line.bank, await line.client.take() + m3)


async def record_before_m2(stage: Stage) -> None:
    async with stage(GCM) as scene:
        _, earlier = await scene.open_victim()
        _, line = await scene.begin_session()
        line.bank.give(await line.client.take())
        await scene.refuses(line.client, earlier.bank.frames[-1] + await line.bank.take())


ATTACK = Attack(
    3,
    "Reordering",
    "§6.1, §7",
    "lets two messages change places on the way",
    "There is one order, that of the sequence numbers under the tag: the first message in the wrong place is fatal, "
    "and nothing of it is acted on.",
    (
        *variants(
            records,
            rows("suite in_one_packet", (DES3, False), (CTR, False), (GCM, False), (GCM, True)),
            side=BOTH_SIDES,
            expected=lambda side: refused(side, AUTHENTICATION, moved=0 if side == BANK else -3_00),
        ),
        *variants(record_before_m3, suite=(CTR, GCM), expected=refused(BANK, MALFORMED)),
        *variants(record_before_m2, expected=refused(CLIENT, MALFORMED)),
    ),
)
