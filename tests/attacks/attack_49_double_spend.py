"""Attacks 49 to 51: money is spent twice, by a race, by a retry, or under a request's old id."""

import asyncio

from app.protocol.messages import DepositRequest, Refused, Request, WithdrawRequest
from tests.attacks.attack import Attack, Outcome, expect_same, rows, variants
from tests.attacks.people import Session
from tests.attacks.requests import (
    BYSTANDER,
    CTR,
    DES3,
    GCM,
    OPENING_BALANCE,
    accepted,
    balances,
    check,
    deposit,
    refuses_request,
    withdraw,
)
from tests.attacks.scene import Scene
from tests.attacks.stage import Stage


async def sessions(scene: Scene, count: int) -> list[Session]:
    return [(await scene.open_victim())[0] for _ in range(count)]


async def race(stage: Stage, suite: str, count: int) -> None:
    async with stage(suite) as scene:
        racing = await sessions(scene, count)
        replies = await asyncio.gather(*(session.ask(withdraw(10_00)) for session in racing))
        expect_same(sorted(balances(replies)), list(range(0, OPENING_BALANCE, 10_00)), "the balances in the answers")
        errors = {reply.error for reply in replies if isinstance(reply, Refused)}
        expect_same(errors, {"insufficient-funds"}, "why the others are refused")


async def retries_at_the_same_moment(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        request = withdraw(10_00)
        replies = await asyncio.gather(*(session.ask(request) for session in await sessions(scene, 6)))
        expect_same(balances(replies), [OPENING_BALANCE - 10_00] * 6, "the balances in the answers")


async def retries_later(stage: Stage) -> None:
    """The answer is the old one, byte for byte, also when the balance is another by now."""
    async with stage(CTR) as scene:
        session, _ = await scene.open_victim()
        requests = (withdraw(60_00), withdraw(70_00))  # the second is refused
        first = [await session.ask(each) for each in requests]
        await session.ask(deposit(500_00))
        again, _ = await scene.open_victim()
        expect_same([await again.ask(each) for each in requests], first, "the answers")


async def old_id_for_something_else(stage: Stage) -> None:
    """A CHECK is not recorded, so one under the old id tells what is."""
    async with stage(CTR) as scene:
        session, _ = await scene.open_victim()
        request = withdraw(10_00)
        await session.ask(request)
        others: list[Request] = [
            WithdrawRequest(id=request.id, amount=20_00),
            DepositRequest(id=request.id, amount=10_00),
        ]
        for other in others:
            refuses_request(await session.ask(other), "request-id-reused")
        seen = accepted(await session.ask(check().model_copy(update={"id": request.id})))
        expect_same(seen, OPENING_BALANCE - 10_00, "the balance")


async def ids_of_another_account(stage: Stage) -> None:
    """What the victim has asked can neither be repeated nor blocked from the attacker's account."""
    async with stage(CTR) as scene:
        victim, _ = await scene.open_victim()
        attacker = await scene.open_session(BYSTANDER, past_the_proxy=True)
        await attacker.show_card()
        request = deposit(1_00)
        for session in (attacker, victim):
            accepted(await session.ask(request))
        accepted(await attacker.ask(withdraw(1_00)))
        expect_same(scene.balance(BYSTANDER), 1, "the attacker's balance")


ATTACK = Attack(
    49,
    "Spending twice by a race",
    "",
    "withdraws the same money in many sessions at the same moment, as at Flexcoin (2014) and with Starbucks' cards "
    "(2015)",
    "Requests are served in turn, in one transaction each: money that is gone is not paid again.",
    tuple(
        variants(
            race,
            rows("suite count", (DES3, 12), (CTR, 30), (GCM, 30)),
            expected=Outcome(moved=-OPENING_BALANCE),
        )
    ),
)

RETRY = Attack(
    50,
    "Spending twice by a retry",
    "",
    "repeats a request under its id, at the same moment or later, as an ATM does that has no answer",
    "A repeated id repeats the answer, byte for byte, and moves the money once.",
    (
        *variants(retries_at_the_same_moment, suite=(CTR,), expected=Outcome(moved=-10_00)),
        *variants(retries_later, expected=Outcome(moved=500_00 - 60_00)),
    ),
)

OLD_ID = Attack(
    51,
    "An old id for another request",
    "",
    "uses the id of a request for another one, or of somebody else's",
    "An id for something else is refused, for each account by itself.",
    (
        *variants(old_id_for_something_else, expected=Outcome(moved=-10_00)),
        *variants(ids_of_another_account, expected=Outcome(moved=1_00)),
    ),
)
