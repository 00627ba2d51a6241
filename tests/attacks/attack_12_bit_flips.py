"""Attack 12: one bit of a withdrawal is flipped on the wire; in counter mode it flips the same bit of the amount."""

from tests.attacks.attack import (
    AUTHENTICATION,
    BANK,
    BOTH_SIDES,
    MALFORMED,
    SERVED,
    Attack,
    Side,
    expect,
    expect_same,
    refused,
    variants,
)
from tests.attacks.network import HEADER, flip
from tests.attacks.requests import CTR, DES3, GCM, withdraw
from tests.attacks.rogue import PREFIX
from tests.attacks.scene import Scene
from tests.attacks.stage import Stage

AT_ONCE = 32
"""Opened well within the 5 s that a bank waits for a card, on a busy machine too."""

INNER = 256
AMOUNT = HEADER.size + PREFIX + len('{"type":"WITHD","id":"","amount":') + 32
"""Where the first digit of the amount stands in the frame."""

PLACES = {
    "type": 0,
    "version": 1,
    "reserved": 2,
    "length": 7,
    "content type": HEADER.size,
    "timestamp": HEADER.size + 8,
    "inner length": HEADER.size + PREFIX - 1,
    "amount": AMOUNT,
    "padding": HEADER.size + INNER - 1,
    "tag": HEADER.size + INNER,
    "end of tag": -1,
}


async def one_bit_of_every_field_of_a_record(stage: Stage, suite: str, side: Side) -> None:
    """A client's bank has carried out each withdrawal before its answer is altered."""
    async with stage(suite) as scene:
        faults = []
        for place in PLACES.values():
            session, line = await scene.open_victim()
            line.across(side).hold()
            await session.send(withdraw(1_00))
            record = await line.across(side).take()
            faults.append((line.side(side), flip(record, 8 * (place % len(record)) + 7)))
        reasons = await scene.refuse_all(faults)
        in_header = 4
        expected = [MALFORMED] * in_header + [AUTHENTICATION] * (len(PLACES) - in_header)
        expect_same(reasons, expected, f"why each is refused: {', '.join(PLACES)}")


async def the_amount_is_where_it_is_said_to_be(stage: Stage) -> None:
    """The control: without the tag the flip makes 9000 of 1000 minor units ("1" and "9" differ in one bit)."""
    async with stage(CTR) as scene:
        puppet = await scene.open_puppet_with_card()
        keystream = scene.rogue_client().parts.protect(puppet.rogue.sends.ts)
        keystream(0, b"", bytes(INNER))  # the card's
        record = flip(puppet.seal(withdraw(10_00)), 8 * AMOUNT + 4)
        inner = keystream(1, b"", record[HEADER.size : HEADER.size + INNER])
        expect(b'"amount":9000}' in inner, "the flipped bit is the amount's")


async def every_bit_of_a_withdrawal(stage: Stage, suite: str) -> None:
    """Card and withdrawal leave together, so an accepted flip would move money; a length that grew gets its bytes."""
    async with stage(suite) as scene:
        size = HEADER.size + INNER + scene.suite.tag_size
        for first in range(0, 8 * size, AT_ONCE):
            await flipped(scene, range(first, min(first + AT_ONCE, 8 * size)))


async def flipped(scene: Scene, bits: range) -> None:
    mutants = []
    for bit in bits:
        puppet = await scene.open_puppet(f"127.0.1.{bit % 8}")
        card, record = puppet.seal(puppet.card.request()), flip(puppet.seal(withdraw(10_00)), bit)
        grown = max(0, HEADER.size + HEADER.unpack_from(record)[3] - len(record))
        possible = grown < 65_536
        mutants.append((puppet.bank, card + record + bytes(grown if possible else 0)))
    await scene.refuse_all(mutants)
    scene.log.failures.clear()  # a port may come again, on another connection


ATTACK = Attack(
    12,
    "Flipping bits",
    "§6.1, §6.2, §6.3",
    "flips one bit of a record on the wire, each bit in turn; in counter mode that flips the same bit of the amount, "
    "as Borisov, Goldberg and Wagner did to WEP (2001)",
    "No flip is accepted, for every bit of the frame is under the tag, or in it.",
    (
        *variants(
            one_bit_of_every_field_of_a_record,
            suite=(DES3, GCM),
            side=BOTH_SIDES,
            expected=lambda side: refused(
                side, AUTHENTICATION, MALFORMED, moved=0 if side == BANK else -1_00 * len(PLACES)
            ),
        ),
        *variants(the_amount_is_where_it_is_said_to_be, expected=SERVED),
        *variants(every_bit_of_a_withdrawal, suite=(CTR,), expected=refused(BANK, AUTHENTICATION, MALFORMED)),
    ),
)
