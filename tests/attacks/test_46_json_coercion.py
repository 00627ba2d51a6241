"""Attacks 46 to 48: inside a channel, amounts and requests that a lenient reader takes for others.

A lax reader makes 1 of true, 12 of "12", a billion of 1e9, and takes the last of two keys. A correct system has one
spelling of every message; each other is answered alike, moves nothing, and the session goes on. Amounts below one or
above what the ledger can hold do not exist at either end.
"""

import pytest
from pydantic import ValidationError

from app.protocol.messages import Accepted, DepositRequest, Refused, Unintelligible, WithdrawRequest
from tests.attacks.scene import CTR, DES3, GCM, OPENING_BALANCE, Stage, deposit, withdraw

MAX_AMOUNT = 2**53 - 1

ID = "00112233445566778899aabbccddeeff"

NOT_NUMBERS = 'true false null "12" "1_000" "+7" "007" "" [1] {} {"amount":1} NaN Infinity -Infinity'.split()  # noqa: SIM905
NOT_NATURAL = "12.0 1e3 1E3 12e0 0.5 1. .1 1_000 +7 007 0x10 -1 --1 -0 1,000 1;".split()  # noqa: SIM905
NOT_IN_RANGE = ["0", str(2**53), str(10**26), "1" * 60]
NOT_ASCII = ["\uff11", "\u0663", "1\u0000"]
AMOUNTS = [*NOT_NUMBERS, *NOT_NATURAL, *NOT_IN_RANGE, *NOT_ASCII, "", '" 12 "', "1 000"]

MESSAGES = [
    *(f'{{"type":"WITHD","id":"{ID}","amount":{amount}}}' for amount in AMOUNTS),
    f'{{"type":"WITHD","id":"{ID}","amount":1,"amount":1000}}',
    f'{{"type":"WITHD","type":"WITHD","id":"{ID}","amount":1}}',
    f'{{"type":"WITHD","id":"{ID}","amount":1,"account":"bob"}}',
    f'{{"type":"WITHD","id":"{ID}"}}',
    f'{{"type":"withd","id":"{ID}","amount":1}}',
    f'{{"type":["WITHD"],"id":"{ID}","amount":1}}',
    f'{{"id":"{ID}","amount":1}}',
    f'{{"type":"WITHD","id":"{ID.upper()}","amount":1}}',
    f'{{"type":"WITHD","id":"{ID[:-1]}","amount":1}}',
    f'{{"type":"WITHD","id":"{ID}\\n","amount":1}}',
    f'{{"type":"WITHD","id":"{ID}","amount":1}} {{"type":"WITHD"}}',
    f'[{{"type":"WITHD","id":"{ID}","amount":1}}]',
    *("", " ", "null", "1", '"WITHD"', "{", "}", "[" * 120, '{"a":' * 40, "\ufeff{}", "x" * 243, "x" * 5000),
]


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_every_other_spelling(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        puppet = await scene.open_puppet()
        await puppet.show_card()
        for message in [*(text.encode() for text in MESSAGES), b"\xff\xfe", b'{"type":"WITHD\xc3"}', bytes(243)]:
            puppet.bank.give(puppet.seal_bytes(message))
            assert isinstance(await puppet.reply(), Unintelligible), message
        assert scene.balance() == OPENING_BALANCE
        assert isinstance(await puppet.ask(withdraw(1)), Accepted)
        assert scene.balance() == OPENING_BALANCE - 1


async def test_through_the_real_suite(stage: Stage) -> None:
    async with stage(DES3) as scene:
        session, _ = await scene.open_victim()
        for message in MESSAGES[::12]:
            await session.stream.send(message.encode())
            assert isinstance(await session.reply(), Unintelligible)
        assert scene.balance() == OPENING_BALANCE


@pytest.mark.parametrize("amount", [-1, 0, MAX_AMOUNT + 1, 10**26, True, "12", 12.0, None])
def test_atm_has_no_such_amount_either(amount: object) -> None:
    for request in (DepositRequest, WithdrawRequest):
        with pytest.raises(ValidationError):
            request(id=ID, amount=amount)  # type: ignore[arg-type]


@pytest.mark.parametrize("suite", [DES3, CTR])
async def test_balance_cannot_overflow(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        session, _ = await scene.open_victim()
        for amount in (MAX_AMOUNT, MAX_AMOUNT - OPENING_BALANCE + 1):
            reply = await session.ask(deposit(amount))
            assert isinstance(reply, Refused)
            assert reply.error == "balance-limit"
        reply = await session.ask(deposit(MAX_AMOUNT - OPENING_BALANCE))
        assert isinstance(reply, Accepted)
        assert reply.balance == scene.balance() == MAX_AMOUNT
        reply = await session.ask(withdraw(MAX_AMOUNT))
        assert isinstance(reply, Accepted)
        assert scene.balance() == 0


async def test_balance_cannot_become_negative(stage: Stage) -> None:
    async with stage(CTR) as scene:
        session, _ = await scene.open_victim()
        for amount in (OPENING_BALANCE + 1, MAX_AMOUNT):
            reply = await session.ask(withdraw(amount))
            assert isinstance(reply, Refused)
            assert reply.error == "insufficient-funds"
        assert scene.balance() == OPENING_BALANCE
