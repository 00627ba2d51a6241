"""Attacks 49 to 51: money is spent twice, by a race, by a retry, or under a request's old id.

Flexcoin lost 896 bitcoins in 2014, and Starbucks' cards could be multiplied in 2015, by requests at the same moment.
A correct system serves requests in turn, in one transaction each; a repeated id repeats the answer, and an id for
something else is refused, for each account by itself, as payment services do.
"""

import asyncio

import pytest

from app.protocol.messages import (
    Accepted,
    CheckRequest,
    DepositRequest,
    Refused,
    Reply,
    Request,
    WithdrawRequest,
    new_request_id,
)
from tests.attacks.scene import BYSTANDER, CTR, DES3, GCM, OPENING_BALANCE, Scene, Session, Stage, withdraw


async def sessions(scene: Scene, count: int) -> list[Session]:
    return [(await scene.open_victim())[0] for _ in range(count)]


def accepted(replies: list[Reply]) -> list[Accepted]:
    return [reply for reply in replies if isinstance(reply, Accepted)]


@pytest.mark.parametrize(("suite", "count"), [(DES3, 12), (CTR, 30), (GCM, 30)])
async def test_race(stage: Stage, suite: str, count: int) -> None:
    async with stage(suite) as scene:
        racing = await sessions(scene, count)
        replies = await asyncio.gather(*(session.ask(withdraw(10_00)) for session in racing))
        assert sorted(reply.balance for reply in accepted(replies)) == list(range(0, OPENING_BALANCE, 10_00))
        assert {reply.error for reply in replies if isinstance(reply, Refused)} == {"insufficient-funds"}
        assert scene.balance() == 0


@pytest.mark.parametrize("suite", [CTR])
async def test_retries_at_the_same_moment(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        request = withdraw(10_00)
        replies = await asyncio.gather(*(session.ask(request) for session in await sessions(scene, 6)))
        assert [reply.balance for reply in accepted(replies)] == [OPENING_BALANCE - 10_00] * 6
        assert scene.balance() == OPENING_BALANCE - 10_00


async def test_retries_later(stage: Stage) -> None:
    """The answer is the old one, byte for byte, also when the balance is another by now."""
    async with stage(CTR) as scene:
        session, _ = await scene.open_victim()
        request, refused = withdraw(60_00), withdraw(70_00)
        first = [await session.ask(each) for each in (request, refused)]
        await session.ask(DepositRequest(id=new_request_id(), amount=500_00))
        again, _ = await scene.open_victim()
        assert [await again.ask(each) for each in (request, refused)] == first
        assert scene.balance() == OPENING_BALANCE - 60_00 + 500_00


async def test_old_id_for_something_else(stage: Stage) -> None:
    async with stage(CTR) as scene:
        session, _ = await scene.open_victim()
        request = withdraw(10_00)
        await session.ask(request)
        others: list[Request] = [
            WithdrawRequest(id=request.id, amount=20_00),
            DepositRequest(id=request.id, amount=10_00),
        ]
        for other in others:
            reply = await session.ask(other)
            assert isinstance(reply, Refused)
            assert reply.error == "request-id-reused"
        seen = await session.ask(CheckRequest(id=request.id))  # a CHECK is not recorded, and tells what is
        assert isinstance(seen, Accepted)
        assert seen.balance == scene.balance()
        assert scene.balance() == OPENING_BALANCE - 10_00


async def test_ids_of_another_account(stage: Stage) -> None:
    """What the victim has asked can neither be repeated nor blocked from the attacker's account."""
    async with stage(CTR) as scene:
        victim, _ = await scene.open_victim()
        attacker = await scene.open_session(BYSTANDER, past_the_proxy=True)
        await attacker.show_card()
        request = DepositRequest(id=new_request_id(), amount=1_00)
        assert isinstance(await attacker.ask(request), Accepted)
        assert isinstance(await victim.ask(request), Accepted)
        undo = withdraw(1_00)
        assert isinstance(await attacker.ask(undo), Accepted)
        assert scene.balance() == OPENING_BALANCE + 1_00
        assert scene.balance(BYSTANDER) == 1
