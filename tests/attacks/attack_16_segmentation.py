"""Attack 16: the stream is cut into single bytes, or glued together, to confuse a parser about where a frame ends."""

import asyncio

from app.ledger import Ledger
from tests.attacks.attack import Attack, Outcome, expect_same, variants
from tests.attacks.network import Party
from tests.attacks.people import Session
from tests.attacks.requests import (
    CTR,
    DES3,
    GCM,
    OPENING_BALANCE,
    VICTIM,
    accepted,
    balances,
    check,
    deposit,
    withdraw,
)
from tests.attacks.scene import Scene
from tests.attacks.stage import Stage
from tests.support.accounts import apply

BALANCES = [OPENING_BALANCE - 10_00, OPENING_BALANCE - 5_00, OPENING_BALANCE - 5_00]


async def conversation(session: Session) -> list[int]:
    """A session like any other: the balances that the bank says."""
    await session.show_card()
    seen = [accepted(await session.ask(request)) for request in (withdraw(10_00), deposit(5_00), check())]
    await session.stream.close()
    return seen


async def pass_on(sender: Party, receiver: Party, size: int) -> None:
    """Carry every frame over in pieces of this size, each in a packet of its own."""
    while True:
        frame = await sender.take_whenever()
        for start in range(0, len(frame), size):
            receiver.give(frame[start : start + size])
            await asyncio.sleep(0)
            await asyncio.sleep(0)  # one turn of the loop to arrive, one to be read


async def whole_session_in_pieces(scene: Scene, size: int) -> None:
    opening, line = await scene.begin_session()
    carriers = [
        asyncio.create_task(pass_on(line.client, line.bank, size)),
        asyncio.create_task(pass_on(line.bank, line.client, size)),
    ]
    try:
        expect_same(await conversation(await opening), BALANCES, "the balances in the answers")
    finally:
        for carrier in carriers:
            carrier.cancel()
        await asyncio.gather(*carriers, return_exceptions=True)


async def every_byte_in_a_packet_of_its_own(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        await whole_session_in_pieces(scene, 1)
        expect_same(scene.log.failures, [], "what has failed")


async def pieces_of_other_sizes(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        for size in (2, 7, 8, 9, 255, 295, 297):
            await whole_session_in_pieces(scene, size)
            with Ledger(scene.ledger_path) as ledger:
                apply(ledger, VICTIM, deposit(5_00))  # every session begins with the same balance
        expect_same(scene.log.failures, [], "what has failed")


async def frames_glued_together(stage: Stage, suite: str) -> None:
    """M3, card, two withdrawals and a deposit in one packet; then all their answers in one."""
    async with stage(suite) as scene:
        session, line, m3 = await scene.open_before_m3()
        for request in (session.card.request(), withdraw(1_00), withdraw(2_00), deposit(4_00)):
            await session.send(request)
        line.bank.give(m3 + b"".join([await line.client.take() for _ in range(4)]))
        line.client.give(b"".join([await line.bank.take() for _ in range(4)]))
        seen = balances([await session.reply() for _ in range(4)])
        expect_same(seen, [OPENING_BALANCE + each for each in (-1_00, -3_00, 1_00)], "the balances in the answers")
        expect_same(scene.log.failures, [], "what has failed")


async def frames_glued_and_cut_at_the_same_time(stage: Stage) -> None:
    """Packets that begin in one frame and end in the next, at every offset."""
    async with stage(CTR) as scene:
        session, line = await scene.open_victim()
        line.client.hold()
        for _ in range(20):
            await session.send(withdraw(1))
        stream = b"".join([await line.client.take() for _ in range(20)])
        for start in range(0, len(stream), 301):
            line.bank.give(stream[start : start + 301])
            await asyncio.sleep(0)
        seen = balances([await session.reply() for _ in range(20)])
        expect_same(seen, [OPENING_BALANCE - spent for spent in range(1, 21)], "the balances in the answers")


ATTACK = Attack(
    16,
    "Segmentation",
    "§4.1",
    "cuts the stream into single bytes, or glues frames together, to confuse a parser about where a frame ends",
    "Every segmentation gives the same: a session whose every byte travels alone is as any other.",
    (
        *variants(every_byte_in_a_packet_of_its_own, suite=(DES3, CTR, GCM), expected=Outcome(moved=-5_00)),
        *variants(pieces_of_other_sizes, suite=(CTR, GCM), expected=Outcome()),
        *variants(frames_glued_together, suite=(DES3, CTR, GCM), expected=Outcome(moved=1_00)),
        *variants(frames_glued_and_cut_at_the_same_time, expected=Outcome(moved=-20)),
    ),
)
