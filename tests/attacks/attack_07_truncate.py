"""Attack 7: the stream is cut, at any byte, with a FIN or a RST, to make a part look like the whole."""

import asyncio
from typing import Literal

from app.atm.teller import Teller
from app.protocol.messages import Reply
from app.system.errors import ChannelFailedError
from tests.attacks.attack import (
    BANK,
    BOTH_SIDES,
    CLIENT,
    CONNECTION,
    SERVED,
    TRUNCATED,
    Attack,
    Outcome,
    Side,
    SurpriseError,
    expect,
    expect_same,
    refused,
    rows,
    variants,
)
from tests.attacks.network import FIN, Ending, Line, Party
from tests.attacks.people import failure_of
from tests.attacks.requests import CTR, DES3, GCM, OPENING_BALANCE, accepted, withdraw
from tests.attacks.scene import Scene, asked
from tests.attacks.stage import Stage

CLIENT_PLACES = [(0, 0), (0, 5), (0, 60), (1, 0), (1, 4), (1, 30), (2, 0), (2, 7), (2, 100), (3, 0), (3, 8), (3, 200)]
"""Where the bank's view of the client ends: whole frames (M1, M3, card, withdrawal) and bytes of the next."""

BANK_PLACES = [(0, 0), (0, 3), (0, 60), (1, 0), (1, 5), (1, 150), (2, 0), (2, 9), (2, 270)]
"""Where the client's view of the bank ends: whole frames (M2, card accepted, answer) and bytes of the next."""


Cut = Literal["request", "answer"]


async def say_all(scene: Scene) -> Reply:
    session = await scene.open_session()
    await session.show_card()
    return await session.ask(withdraw(10_00))


async def begin_to_talk(scene: Scene) -> tuple["asyncio.Task[Reply]", Line]:
    talk = asyncio.create_task(say_all(scene))
    line = await scene.proxy.next_line()
    line.client.why = lambda: failure_of(talk)
    return talk, line


async def deliver_until(line: Line, side: Side, frames: int, extra: int) -> None:
    """Let the victim have so many frames of the other side's, and some bytes of the next."""
    sender, victim = line.across(side), line.side(side)
    victim.release()
    for _ in range(frames):
        victim.give(await sender.take())
    if part := (await sender.take())[:extra]:
        victim.give(part)


async def fin_to_the_bank(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        scene.proxy.holds = True
        lines = []
        for frames, extra in CLIENT_PLACES[:: 5 if suite == DES3 else 1]:
            _, line = await begin_to_talk(scene)
            await deliver_until(line, BANK, frames, extra)
            await line.bank.said((0, 1, 1, 2)[frames])
            lines.append(line)
        await scene.refuse_all((line.bank, FIN) for line in lines)
        for line in lines:
            line.client.give_rst()
            await scene.reason(line.client)


async def fin_to_the_client(stage: Stage, suite: str) -> None:
    """Two of the places, one with Triple DES, are behind a whole answer."""
    async with stage(suite) as scene:
        scene.proxy.holds = True
        lines = []
        for frames, extra in BANK_PLACES[:: 4 if suite == DES3 else 1]:
            _, line = await begin_to_talk(scene)
            await deliver_until(line, CLIENT, frames, extra)
            lines.append(line)
        await scene.refuse_all((line.client, FIN) for line in lines)


async def rst_in_mid_session(stage: Stage, suite: str, side: Side) -> None:
    async with stage(suite) as scene:
        _, line = await scene.open_victim()
        line.hold()
        line.side(side).give_rst()
        await asyncio.sleep(0.1)
        await scene.reason(line.side(side))


async def withdrawal_and_fin_in_one_packet(stage: Stage) -> None:
    """The withdrawal came whole and counts; its answer does not leave."""
    async with stage(CTR) as scene:
        session, line = await scene.open_victim()
        line.client.hold()
        await session.send(withdraw(10_00))
        record = await line.client.take()

        def cut() -> None:
            line.bank.give(record)
            line.bank.give_fin()

        await scene.refuses(line.bank, cut)


async def only_close_notify_is_a_clean_end(stage: Stage, suite: str) -> None:
    """The control: with close_notify the same FIN is answered by close_notify and FIN, and nothing has failed."""
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        said = line.bank.byte_count
        await session.stream.close()
        end = await line.bank.end()
        expect(end.kind is Ending.FIN, "the bank ends with a FIN")
        expect_same(line.bank.byte_count - said, len(line.bank.frames[-1]), "bytes that the bank has said at the end")
        expect(scene.goes_on(line.bank), "nothing has failed")


async def atm_repeats_what_was_cut_and_money_moves_once(stage: Stage, suite: str, lost: Cut, ending: str) -> None:
    async with stage(suite) as scene:
        atm = scene.atm()
        await atm.connect()
        line = await scene.proxy.next_line()
        asking = asyncio.create_task(asked(atm, withdraw(10_00)))
        await lose(line, lost, ending)
        retry = await scene.proxy.next_line()
        expect_same(accepted(await asking), OPENING_BALANCE - 10_00, "the balance in the answer")
        expect_same(scene.balance(), OPENING_BALANCE - 10_00, "the balance")
        expect_same(len(retry.bank.frames), 3, "frames of the bank's in the retry: M2, card accepted, answer")
        await atm.close()


async def atm_that_is_cut_off_for_good_says_so_and_a_later_one_settles(stage: Stage, suite: str, lost: Cut) -> None:
    async with stage(suite) as scene:
        atm = scene.atm()
        await atm.connect()
        line = await scene.proxy.next_line()
        scene.proxy.holds = True
        asking = asyncio.create_task(asked(atm, withdraw(10_00)))
        await lose(line, lost, "rst")
        retry = await scene.proxy.next_line()
        retry.client.give_rst()
        try:
            raise SurpriseError(f"the ATM was answered: {await asking!r}")
        except ChannelFailedError as error:
            expect("not known" in str(error), "the ATM says that the outcome is not known")
        left = OPENING_BALANCE - (0 if lost == "request" else 10_00)
        expect_same(scene.balance(), left, "the balance after the cut")

        scene.proxy.holds = False
        expect_same(await settled_by_a_later_atm(scene.atm()), [OPENING_BALANCE - 10_00], "what a later ATM settles")
        expect_same(await settled_by_a_later_atm(scene.atm()), [], "what is left to settle")


async def settled_by_a_later_atm(atm: Teller) -> list[int]:
    """What a new ATM finds unanswered, asked again: the balances in the answers."""
    balances = []
    for pending in atm.unanswered():
        reply = await atm.settle(pending)
        atm.forget(pending)
        balances.append(accepted(reply))
    await atm.close()
    return balances


async def lose(line: Line, what: Cut, ending: str) -> None:
    """Cut the connection under a request: before the bank has it, or before its answer arrives."""
    if what == "request":
        line.client.hold()
        await line.client.take()
    else:
        line.bank.hold()
        await line.bank.take()
    finish(line.bank, ending)
    finish(line.client, ending)


def finish(party: Party, ending: str) -> None:
    if ending == "fin":
        party.give_fin()
    else:
        party.give_rst()


ATTACK = Attack(
    7,
    "Truncation",
    "§6.7",
    "cuts the stream, at any byte, with a FIN or a RST, to make a part look like the whole, as Smyth and Pironti did "
    "to TLS (WOOT 2013)",
    "An end without close_notify is a failure, wherever it comes. The ATM then does not know whether the money moved, "
    "says so, and its retry moves it once.",
    (
        *variants(
            fin_to_the_bank,
            suite=(DES3, CTR),
            expected=Outcome(bank=frozenset({TRUNCATED}), client=frozenset({CONNECTION})),
        ),
        *variants(
            fin_to_the_client,
            suite=(DES3, GCM),
            expected=lambda suite: refused(CLIENT, TRUNCATED, moved=-10_00 if suite == DES3 else -30_00),
        ),
        *variants(
            rst_in_mid_session, suite=(CTR, GCM), side=BOTH_SIDES, expected=lambda side: refused(side, CONNECTION)
        ),
        *variants(withdrawal_and_fin_in_one_packet, expected=refused(BANK, TRUNCATED, moved=-10_00)),
        *variants(only_close_notify_is_a_clean_end, suite=(DES3, CTR), expected=SERVED),
        *variants(
            atm_repeats_what_was_cut_and_money_moves_once,
            rows(
                "suite lost ending",
                (DES3, "request", "rst"),
                (DES3, "answer", "fin"),
                (CTR, "request", "fin"),
                (CTR, "answer", "rst"),
            ),
            expected=Outcome(moved=-10_00),
        ),
        *variants(
            atm_that_is_cut_off_for_good_says_so_and_a_later_one_settles,
            rows("suite lost", (DES3, "answer"), (CTR, "request"), (CTR, "answer")),
            expected=Outcome(moved=-10_00),
        ),
    ),
)
