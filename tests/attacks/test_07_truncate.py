"""Attack 7: the stream is cut, at any byte, with a FIN or a RST, to make a part look like the whole.

Smyth and Pironti (WOOT 2013) cut TLS streams so that an application believed what had not happened. A correct system
takes an end without close_notify for a failure, wherever it comes; the ATM then does not know whether the money
moved, says so, and its retry moves it once (PROTOCOL §6.7).
"""

import asyncio
from typing import Literal

import pytest

from app.atm.teller import Teller
from app.protocol.messages import Accepted, Reply
from app.system.errors import ChannelFailedError
from framework import ChannelError
from framework.events import FailureReason
from tests.attacks.hostile_proxy import FIN, Ending, Line, Party
from tests.attacks.scene import (
    BOTH_SIDES,
    CTR,
    DES3,
    GCM,
    OPENING_BALANCE,
    Scene,
    Stage,
    asked,
    fail_silently_together,
    fails_silently,
    withdraw,
)

CLIENT_PLACES = [(0, 0), (0, 5), (0, 60), (1, 0), (1, 4), (1, 30), (2, 0), (2, 7), (2, 100), (3, 0), (3, 8), (3, 200)]
"""Where the bank's view of the client ends: whole frames (M1, M3, card, withdrawal) and bytes of the next."""

BANK_PLACES = [(0, 0), (0, 3), (0, 60), (1, 0), (1, 5), (1, 150), (2, 0), (2, 9), (2, 270)]
"""Where the client's view of the bank ends: whole frames (M2, card accepted, answer) and bytes of the next."""


async def say_all(scene: Scene) -> Reply:
    session = await scene.open_session()
    await session.show_card()
    return await session.ask(withdraw(10_00))


async def deliver_until(line: Line, side: str, frames: int, extra: int) -> None:
    """Let the victim have so many frames of the other side's, and some bytes of the next."""
    sender, victim = line.across(side), line.side(side)
    victim.release()
    for _ in range(frames):
        victim.give(await sender.take())
    if part := (await sender.take())[:extra]:
        victim.give(part)


@pytest.mark.parametrize("suite", [DES3, CTR])
async def test_fin_to_the_bank(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        scene.proxy.holds = True
        talks, lines = [], []
        for frames, extra in CLIENT_PLACES[:: 5 if suite == DES3 else 1]:
            talks.append(asyncio.create_task(say_all(scene)))
            lines.append(line := await scene.proxy.next_line())
            await deliver_until(line, "bank", frames, extra)
            await line.bank.said((0, 1, 1, 2)[frames])
        await fail_silently_together((line.bank, FIN) for line in lines)
        for line in lines:
            assert scene.failures_at_bank(line.bank) == [FailureReason.TRUNCATED]
            line.client.give_rst()
        outcomes = await asyncio.gather(*talks, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {ChannelError}
        assert scene.balance() == OPENING_BALANCE


@pytest.mark.parametrize("suite", [DES3, GCM])
async def test_fin_to_the_client(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        scene.proxy.holds = True
        places = BANK_PLACES[:: 4 if suite == DES3 else 1]
        talks, lines = [], []
        for frames, extra in places:
            talks.append(asyncio.create_task(say_all(scene)))
            lines.append(line := await scene.proxy.next_line())
            await deliver_until(line, "client", frames, extra)
        await fail_silently_together((line.client, FIN) for line in lines)
        for outcome in await asyncio.gather(*talks, return_exceptions=True):
            assert isinstance(outcome, ChannelError)
            assert outcome.reason == FailureReason.TRUNCATED
        answered = sum(frames == 2 for frames, _ in places)
        assert scene.balance() == OPENING_BALANCE - answered * 10_00


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_rst_in_mid_session(stage: Stage, suite: str, side: str) -> None:
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        line.hold()
        line.side(side).give_rst()
        if side == "client":
            assert await session.failure() is FailureReason.CONNECTION
        else:
            await asyncio.sleep(0.1)
            assert scene.failures_at_bank(line.bank) == [FailureReason.CONNECTION]
        assert scene.balance() == OPENING_BALANCE


async def test_withdrawal_and_fin_in_one_packet(stage: Stage) -> None:
    """The withdrawal came whole and counts; its answer does not leave."""
    async with stage(CTR) as scene:
        session, line = await scene.open_victim()
        line.client.hold()
        await session.send(withdraw(10_00))
        record = await line.client.take()

        def cut() -> None:
            line.bank.give(record)
            line.bank.give_fin()

        await fails_silently(line.bank, cut)
        assert scene.failures_at_bank(line.bank) == [FailureReason.TRUNCATED]
        assert scene.balance() == OPENING_BALANCE - 10_00


@pytest.mark.parametrize("suite", [DES3, CTR])
async def test_only_close_notify_is_a_clean_end(stage: Stage, suite: str) -> None:
    """The control: with close_notify the same FIN is answered by close_notify and FIN, and nothing has failed."""
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        said = line.bank.byte_count
        await session.stream.close()
        end = await line.bank.end()
        assert end.kind is Ending.FIN
        assert line.bank.byte_count - said == len(line.bank.frames[-1])
        assert scene.failures_at_bank(line.bank) == []


Cut = Literal["request", "answer"]


@pytest.mark.parametrize(
    ("suite", "lost", "ending"),
    [(DES3, "request", "rst"), (DES3, "answer", "fin"), (CTR, "request", "fin"), (CTR, "answer", "rst")],
)
async def test_atm_repeats_what_was_cut_and_money_moves_once(stage: Stage, suite: str, lost: Cut, ending: str) -> None:
    async with stage(suite) as scene:
        atm = scene.atm()
        await atm.connect()
        line = await scene.proxy.next_line()
        asking = asyncio.create_task(asked(atm, withdraw(10_00)))
        await lose(line, lost, ending)
        retry = await scene.proxy.next_line()
        reply = await asking
        assert isinstance(reply, Accepted)
        assert reply.balance == scene.balance() == OPENING_BALANCE - 10_00
        assert len(retry.bank.frames) == 3  # M2, card accepted, answer
        await atm.close()


@pytest.mark.parametrize(("suite", "lost"), [(DES3, "answer"), (CTR, "request"), (CTR, "answer")])
async def test_atm_that_is_cut_off_for_good_says_so_and_a_later_one_settles(
    stage: Stage, suite: str, lost: Cut
) -> None:
    async with stage(suite) as scene:
        atm = scene.atm()
        await atm.connect()
        line = await scene.proxy.next_line()
        scene.proxy.holds = True
        asking = asyncio.create_task(asked(atm, withdraw(10_00)))
        await lose(line, lost, "rst")
        retry = await scene.proxy.next_line()
        retry.client.give_rst()
        with pytest.raises(ChannelFailedError) as raised:
            await asking
        assert "not known" in str(raised.value)
        assert scene.balance() == OPENING_BALANCE - (0 if lost == "request" else 10_00)

        scene.proxy.holds = False
        assert await settled_by_a_later_atm(scene.atm()) == [OPENING_BALANCE - 10_00]
        assert await settled_by_a_later_atm(scene.atm()) == []
        assert scene.balance() == OPENING_BALANCE - 10_00


async def settled_by_a_later_atm(atm: Teller) -> list[int]:
    """What a new ATM finds unanswered, asked again: the balances in the answers."""
    balances = []
    for pending in atm.unanswered():
        reply = await atm.settle(pending)
        pending.done()
        assert isinstance(reply, Accepted)
        balances.append(reply.balance)
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
