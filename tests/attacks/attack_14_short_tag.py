"""Attack 14: a record comes with a part of its tag, or without, in the hope that a part is compared."""

from framework import FailureReason
from tests.attacks.attack import (
    AUTHENTICATION,
    BANK,
    CLIENT,
    MALFORMED,
    Attack,
    Side,
    expect_same,
    refused,
    rows,
    variants,
)
from tests.attacks.network import HEADER, M1, M3, RECORD, frame
from tests.attacks.requests import CTR, DES3, GCM, withdraw
from tests.attacks.stage import Stage


def shortened(record: bytes, tag_size: int) -> list[tuple[bytes, FailureReason]]:
    """Records with a part of their tag, and why each is refused; behind the part stands nothing, or what is wrong."""
    body, tag = record[HEADER.size : -tag_size], record[-tag_size:]
    wrong = bytes(byte ^ 0xFF for byte in tag)
    cut = [(frame(RECORD, body + tag[:kept]), MALFORMED) for kept in range(tag_size)]
    mended = [(frame(RECORD, body + tag[:kept] + wrong[kept:]), AUTHENTICATION) for kept in range(tag_size)]
    rotated = (frame(RECORD, body + tag[1:] + tag[:1]), AUTHENTICATION)
    return [*cut, *mended, rotated, (frame(RECORD, tag), MALFORMED), (frame(RECORD, b""), MALFORMED)]


async def every_shorter_tag(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        tag_size = scene.suite.tag_size
        faults, wanted = [], []
        for number in range(len(shortened(bytes(400), tag_size))):
            puppet = await scene.open_puppet_with_card(f"127.0.1.{number + 1}")
            record, reason = shortened(puppet.seal(withdraw(10_00)), tag_size)[number]
            faults.append((puppet.bank, record))
            wanted.append(reason)
        expect_same(await scene.refuse_all(faults), wanted, "why each is refused")


async def with_triple_des(stage: Stage, side: Side, kept: int) -> None:
    """The header is mended, and the missing bytes are zeros: one comparison of the whole tag is all there is."""
    async with stage(DES3) as scene:
        session, line = await scene.open_victim()
        sender = line.across(side)
        sender.hold()
        await session.send(withdraw(10_00))
        record = await sender.take()
        await scene.refuses(line.side(side), record[: HEADER.size + 256 + kept].ljust(len(record), b"\0"))


async def record_cut_to_a_size_that_is_possible(stage: Stage, suite: str) -> None:
    """Whole quanta are taken away before the tag, at the front or at the back."""
    async with stage(suite) as scene:
        faults = []
        for at_the_front in (False, True):
            puppet = await scene.open_puppet_with_card()
            body = puppet.rogue.say(bytes(300))[HEADER.size :]
            rest = body[256:] if at_the_front else body[:256] + body[-scene.suite.tag_size :]
            faults.append((puppet.bank, frame(RECORD, rest)))
        await scene.refuse_all(faults)


async def messages_of_the_handshake_of_another_length(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        _, line = await scene.open_victim()
        faults = []
        for kind, message in ((M1, line.client.frames[0]), (M3, line.client.frames[1])):
            for change in (-32, -1, 1, 32):
                source = f"127.0.1.{kind}"
                bank = await scene.proxy.dial(source) if kind == M1 else (await scene.half_open(source))[0]
                body = message[HEADER.size :]
                faults.append((bank, frame(kind, body[:change] if change < 0 else body + bytes(change))))
        await scene.refuse_all(faults)


ATTACK = Attack(
    14,
    "Short tags",
    "§6.1, §6.2",
    "sends a record with a part of its tag, or without, in the hope that a part is compared; Ferguson (2005) showed "
    "what short tags do to GCM",
    "The length of the tag is known beforehand: lengths are looked at first, and the whole tag is compared.",
    (
        *variants(every_shorter_tag, suite=(CTR, GCM), expected=refused(BANK, AUTHENTICATION, MALFORMED)),
        *variants(
            with_triple_des,
            rows("side kept", (BANK, 0), (BANK, 31), (CLIENT, 16)),
            expected=lambda side: refused(side, AUTHENTICATION, moved=-10_00 if side == CLIENT else 0),
        ),
        *variants(record_cut_to_a_size_that_is_possible, suite=(CTR, GCM), expected=refused(BANK, AUTHENTICATION)),
        *variants(messages_of_the_handshake_of_another_length, suite=(DES3, CTR), expected=refused(BANK, MALFORMED)),
    ),
)
