"""Attack 14: a record comes with a part of its tag, or without, in the hope that a part is compared.

Ferguson (2005) showed what short tags do to GCM. A correct system knows the length of the tag beforehand, looks at
lengths first and compares the whole tag (PROTOCOL §6.1, §6.2).
"""

import pytest

from framework.events import FailureReason
from tests.attacks.hostile_proxy import HEADER, M1, M3, RECORD, frame
from tests.attacks.scene import (
    CTR,
    DES3,
    GCM,
    OPENING_BALANCE,
    Scene,
    Stage,
    fail_silently_together,
    fails_silently,
    withdraw,
)

MALFORMED, AUTHENTICATION = FailureReason.MALFORMED, FailureReason.AUTHENTICATION


def shortened(record: bytes, tag_size: int) -> dict[bytes, FailureReason]:
    """Records with less than their tag, and why each is refused."""
    body, tag = record[HEADER.size : -tag_size], record[-tag_size:]
    cut = {frame(RECORD, body + tag[:kept]): MALFORMED for kept in range(tag_size)}
    padded = {frame(RECORD, body + tag[:kept].ljust(tag_size, b"\0")): AUTHENTICATION for kept in range(tag_size)}
    rotated = {frame(RECORD, body + tag[1:] + tag[:1]): AUTHENTICATION}
    return cut | padded | rotated | {frame(RECORD, tag): MALFORMED, frame(RECORD, b""): MALFORMED}


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_every_shorter_tag(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        count = len(shortened(bytes(400), scene.suite.tag_size))
        attacks = []
        for number in range(count):
            puppet = await scene.open_puppet(f"127.0.1.{number + 1}")
            await puppet.show_card()
            record, reason = list(shortened(puppet.seal(withdraw(10_00)), scene.suite.tag_size).items())[number]
            attacks.append((puppet.bank, record, reason))
        await fail_silently_together((bank, record) for bank, record, _ in attacks)
        assert [scene.failures_at_bank(bank) for bank, _, _ in attacks] == [[reason] for _, _, reason in attacks]
        assert scene.balance() == OPENING_BALANCE


@pytest.mark.parametrize(("side", "kept"), [("bank", 0), ("bank", 31), ("client", 16)])
async def test_with_triple_des(stage: Stage, side: str, kept: int) -> None:
    """The header is mended, and the missing bytes are zeros: one comparison of the whole tag is all there is."""
    async with stage(DES3) as scene:
        session, line = await scene.open_victim()
        victim, sender = line.side(side), line.across(side)
        sender.hold()
        await session.send(withdraw(10_00))
        record = await sender.take()
        forged = record[: HEADER.size + 256 + kept].ljust(len(record), b"\0")
        await fails_silently(victim, lambda: victim.give(forged))
        assert await scene.why(side, session, line) is AUTHENTICATION
        assert scene.balance() == OPENING_BALANCE - (10_00 if side == "client" else 0)


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_record_cut_to_a_size_that_is_possible(stage: Stage, suite: str) -> None:
    """Whole quanta are taken away before the tag, at the front or at the back."""
    async with stage(suite) as scene:
        attacks = []
        for number in range(2):
            puppet = await scene.open_puppet()
            await puppet.show_card()
            record = puppet.seal_bytes(bytes(300))
            body = record[HEADER.size :]
            tag_size = scene.suite.tag_size
            attacks.append((puppet.bank, frame(RECORD, body[256:] if number else body[:256] + body[-tag_size:])))
        await fail_silently_together(attacks)
        assert [scene.failures_at_bank(bank) for bank, _ in attacks] == [[AUTHENTICATION]] * 2


@pytest.mark.parametrize("suite", [DES3, CTR])
async def test_messages_of_the_handshake_of_another_length(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        m1, m3 = await recorded_handshake(scene)
        faults = []
        for kind, message in ((M1, m1), (M3, m3)):
            for change in (-32, -1, 1, 32):
                bank = await scene.proxy.dial(f"127.0.1.{kind}")
                if kind == M3:
                    bank.give(scene.fresh_m1())
                    await bank.take()
                body = message[HEADER.size :]
                faults.append((bank, frame(kind, body[:change] if change < 0 else body + bytes(change))))
        await fail_silently_together(faults)
        assert [scene.failures_at_bank(bank) for bank, _ in faults] == [[MALFORMED]] * len(faults)


async def recorded_handshake(scene: Scene) -> tuple[bytes, bytes]:
    _, line = await scene.open_victim()
    return line.client.frames[0], line.client.frames[1]
