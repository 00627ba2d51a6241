"""Attacks 46 to 48: inside a channel, amounts and requests that a lenient reader takes for others."""

from pydantic import ValidationError

from app.protocol.messages import DepositRequest, Unintelligible, WithdrawRequest
from tests.attacks.attack import SERVED, Attack, Outcome, SurpriseError, expect, expect_same, variants
from tests.attacks.requests import CTR, DES3, GCM, OPENING_BALANCE, accepted, deposit, refuses_request, withdraw
from tests.attacks.stage import Stage

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


async def every_other_spelling(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        puppet = await scene.open_puppet_with_card()
        for message in [*(text.encode() for text in MESSAGES), b"\xff\xfe", b'{"type":"WITHD\xc3"}', bytes(243)]:
            puppet.bank.give(puppet.rogue.say(message))
            expect(isinstance(await puppet.reply(), Unintelligible), f"{message!r} is not understood")
        expect_same(scene.balance(), OPENING_BALANCE, "the balance")
        accepted(await puppet.ask(withdraw(1)))


async def through_the_real_suite(stage: Stage) -> None:
    async with stage(DES3) as scene:
        session, _ = await scene.open_victim()
        for message in MESSAGES[::12]:
            await session.stream.send(message.encode())
            expect(isinstance(await session.reply(), Unintelligible), f"{message!r} is not understood")


async def atm_has_no_such_amount_either(_: Stage, amount: object) -> None:
    for request in (DepositRequest, WithdrawRequest):
        try:
            made = request(id=ID, amount=amount)  # type: ignore[arg-type]
        except ValidationError:
            continue
        raise SurpriseError(f"an ATM can ask for {made!r}")


async def balance_cannot_overflow(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        session, _ = await scene.open_victim()
        for amount in (MAX_AMOUNT, MAX_AMOUNT - OPENING_BALANCE + 1):
            refuses_request(await session.ask(deposit(amount)), "balance-limit")
        balance = accepted(await session.ask(deposit(MAX_AMOUNT - OPENING_BALANCE)))
        expect_same((balance, scene.balance()), (MAX_AMOUNT, MAX_AMOUNT), "the balance, said and in the ledger")
        accepted(await session.ask(withdraw(MAX_AMOUNT)))


async def balance_cannot_become_negative(stage: Stage) -> None:
    async with stage(CTR) as scene:
        session, _ = await scene.open_victim()
        for amount in (OPENING_BALANCE + 1, MAX_AMOUNT):
            refuses_request(await session.ask(withdraw(amount)), "insufficient-funds")


ATTACK = Attack(
    46,
    "Messages that a lenient reader takes for others",
    "",
    "writes requests in every way that a lenient reader takes for another: true or text for an amount, or a key twice",
    "Every message has one spelling. Each other is answered alike, moves nothing, and the session goes on.",
    (
        *variants(every_other_spelling, suite=(CTR, GCM), expected=Outcome(moved=-1)),
        *variants(through_the_real_suite, expected=SERVED),
    ),
)

NO_AMOUNT = Attack(
    47,
    "Amounts below one",
    "",
    "asks for amounts that are zero, negative, no number, or more than there is",
    "Such amounts exist at neither end, and no balance becomes negative.",
    (
        *variants(
            atm_has_no_such_amount_either,
            amount=(-1, 0, MAX_AMOUNT + 1, 10**26, True, "12", 12.0, None),
            expected=SERVED,
        ),
        *variants(balance_cannot_become_negative, expected=SERVED),
    ),
)

OVERFLOW = Attack(
    48,
    "Overflow of a balance",
    "",
    "deposits until the balance is larger than a ledger can hold, as in Bitcoin's value overflow (CVE-2010-5139)",
    "A deposit that would pass the limit is refused, and the balance stays as it was.",
    tuple(variants(balance_cannot_overflow, suite=(DES3, CTR), expected=Outcome(moved=-OPENING_BALANCE))),
)
