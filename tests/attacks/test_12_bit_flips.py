"""Attack 12: one bit of a withdrawal is flipped on the wire; in counter mode it flips the same bit of the amount.

Borisov, Goldberg and Wagner (2001) did so to WEP, whose checksum was no MAC. A correct system accepts none of the
flips, for every bit of the frame is under the tag, or in it (PROTOCOL §6.1 to §6.3).
"""

import pytest

from framework.events import FailureReason
from tests.attacks.hostile_proxy import HEADER, flip
from tests.attacks.scene import (
    BOTH_SIDES,
    CTR,
    DES3,
    GCM,
    OPENING_BALANCE,
    Scene,
    Stage,
    fail_silently_together,
    withdraw,
)

AT_ONCE = 32
"""Opened well within the 5 s that a bank waits for a card, on a busy machine too."""

INNER = 256
PREFIX = 13
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


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize("suite", [DES3, GCM])
async def test_one_bit_of_every_field_of_a_record(stage: Stage, suite: str, side: str) -> None:
    async with stage(suite) as scene:
        victims, faults = [], []
        for place in PLACES.values():
            session, line = await scene.open_victim()
            line.across(side).hold()
            await session.send(withdraw(1_00))
            record = await line.across(side).take()
            faults.append((line.side(side), flip(record, 8 * (place % len(record)) + 7)))
            victims.append((session, line))
        await fail_silently_together(faults)
        reasons = [await scene.why(side, *victim) for victim in victims]
        header_fields = [FailureReason.MALFORMED] * 4
        assert reasons == header_fields + [FailureReason.AUTHENTICATION] * (len(PLACES) - 4)
        moved = 1_00 * len(PLACES) if side == "client" else 0
        assert scene.balance() == OPENING_BALANCE - moved


async def test_the_amount_is_where_it_is_said_to_be(stage: Stage) -> None:
    """The control: without the tag the flip makes 9000 of 1000 minor units ("1" and "9" differ in one bit)."""
    async with stage(CTR) as scene:
        puppet = await scene.open_puppet()
        await puppet.show_card()
        keystream_reader = scene.bank_side(puppet.bank).channel._records.reader  # type: ignore[union-attr]
        record = flip(puppet.seal(withdraw(10_00)), 8 * AMOUNT + 4)
        decrypt = keystream_reader._epoch.keys._decrypt  # type: ignore[union-attr]
        inner: bytes = decrypt(record[HEADER.size : HEADER.size + INNER])
        assert b'"amount":9000}' in inner


@pytest.mark.parametrize("suite", [CTR])
async def test_every_bit_of_a_withdrawal(stage: Stage, suite: str) -> None:
    """Card and withdrawal leave together, so an accepted flip would move money; a length that grew gets its bytes."""
    async with stage(suite) as scene:
        accepted = 0
        size = HEADER.size + INNER + scene.suite.tag_size
        for first in range(0, 8 * size, AT_ONCE):
            accepted += await flipped(scene, range(first, min(first + AT_ONCE, 8 * size)))
        assert accepted == 0
        assert scene.balance() == OPENING_BALANCE


async def flipped(scene: Scene, bits: range) -> int:
    """How many of these bits the bank does not mind."""
    mutants = []
    for bit in bits:
        puppet = await scene.open_puppet(f"127.0.1.{bit % 8}")
        card, record = puppet.seal(puppet.card.request()), flip(puppet.seal(withdraw(10_00)), bit)
        grown = max(0, HEADER.size + HEADER.unpack_from(record)[3] - len(record))
        possible = grown < 65_536
        mutants.append((puppet.bank, card + record + bytes(grown if possible else 0)))
    await fail_silently_together(mutants)
    failed = [reason for _, reason in scene.failures()]
    assert set(failed) <= {FailureReason.AUTHENTICATION, FailureReason.MALFORMED}
    scene.log.clear()
    return len(mutants) - len(failed)
