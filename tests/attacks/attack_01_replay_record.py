"""Attack 1: a record, or a message of the handshake, is recorded and sent again."""

import asyncio

from tests.attacks.attack import (
    AUTHENTICATION,
    BOTH_SIDES,
    CLIENT,
    CONNECTION,
    MALFORMED,
    Attack,
    Outcome,
    Side,
    expect_same,
    refused,
    rows,
    variants,
)
from tests.attacks.network import M1, M3, Party, frame_type
from tests.attacks.requests import CTR, DES3, GCM, OPENING_BALANCE, withdraw
from tests.attacks.stage import Stage


async def record(stage: Stage, suite: str, side: Side, later: int) -> None:
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        await session.ask(withdraw(10_00))
        recorded = line.across(side).frames[-1]
        for _ in range(later):
            expect_same(await session.balance(), OPENING_BALANCE - 10_00, "the balance")
        await scene.refuses(line.side(side), recorded)


async def withdrawal_in_several_copies_in_one_packet(stage: Stage, suite: str, copies: int) -> None:
    """The first copy is genuine and counts, so its answer may be lost; the money moves once."""
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        line.client.hold()
        await session.send(withdraw(10_00))
        line.bank.give(await line.client.take() * copies)
        await scene.reason(line.client)
        await scene.reason(line.bank)
        async with asyncio.timeout(10):
            while scene.balance() == OPENING_BALANCE:  # noqa: ASYNC110 - the ledger's thread sets no asyncio.Event
                await asyncio.sleep(0.01)


async def message_of_the_handshake_to_the_bank(stage: Stage, suite: str, message: int) -> None:
    async with stage(suite) as scene:
        _, line = await scene.open_victim()
        await scene.refuses(line.bank, of_type(line.client, message))
        await scene.reason(line.client)


async def m2_to_the_client(stage: Stage) -> None:
    async with stage(GCM) as scene:
        _, line = await scene.open_victim()
        await scene.refuses(line.client, line.bank.frames[0])


def of_type(party: Party, wanted: int) -> bytes:
    return next(each for each in party.frames if frame_type(each) == wanted)


ATTACK = Attack(
    1,
    "Replay of a record",
    "§6.1, §6.2, §7",
    "records a record, or a message of the handshake, and sends it again: at once, later, or many times in one packet",
    "Sequence number and epoch are under the tag: what comes a second time does not verify, and money moves once.",
    (
        *variants(
            record,
            rows("suite later", (DES3, 0), (CTR, 0), (CTR, 3), (GCM, 0), (GCM, 3)),
            side=BOTH_SIDES,
            expected=lambda side: refused(side, AUTHENTICATION, moved=-10_00),
        ),
        *variants(
            withdrawal_in_several_copies_in_one_packet,
            rows("suite copies", (CTR, 2), (GCM, 10)),
            expected=Outcome(bank=frozenset({AUTHENTICATION}), client=frozenset({CONNECTION}), moved=-10_00),
        ),
        *variants(
            message_of_the_handshake_to_the_bank,
            rows("suite message", (CTR, M1), (GCM, M3)),
            expected=Outcome(bank=frozenset({MALFORMED}), client=frozenset({CONNECTION})),
        ),
        *variants(m2_to_the_client, expected=refused(CLIENT, MALFORMED)),
    ),
)
