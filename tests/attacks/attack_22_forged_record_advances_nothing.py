"""Attack 22: a forged record is sent so that the receiver counts it, and no longer takes the genuine one."""

import dataclasses
import os

from framework.kinds.bulk_cipher import GuardedBulkCipher
from framework.kinds.mac import GuardedMac
from framework.protection import EncryptThenMac
from tests.attacks.attack import (
    AUTHENTICATION,
    BANK,
    BOTH_SIDES,
    CLIENT,
    Attack,
    Side,
    expect,
    expect_same,
    refused,
    variants,
)
from tests.attacks.network import M1, RECORD, frame
from tests.attacks.requests import CTR, DES3, GCM, OPENING_BALANCE, withdraw
from tests.attacks.stage import Stage
from tests.support.spies import Record, SpyCipher, SpyMac


async def nothing_follows(stage: Stage, suite: str, side: Side) -> None:
    """A forgery, and the genuine withdrawal, or its answer, right behind it in the same packet."""
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        await session.balance()
        sender = line.across(side)
        sender.hold()
        await session.send(withdraw(10_00))
        genuine = await sender.take()
        await scene.refuses(line.side(side), frame(RECORD, os.urandom(len(genuine) - 8)) + genuine)


async def nothing_is_decrypted_before_its_tag_has_verified(stage: Stage) -> None:
    spy = Record()
    protection = EncryptThenMac(GuardedBulkCipher(SpyCipher(spy), "spy"), GuardedMac(SpyMac(spy), "spy"))
    suite = dataclasses.replace(stage.suite(CTR), protection=protection)
    async with stage(suite) as scene:
        _, line = await scene.open_victim()
        pairs = set(zip(spy.calls, spy.calls[1:], strict=False))
        expect(not pairs & {("tag", "decrypt"), ("encrypt", "decrypt")}, "a tag is verified before each decryption")
        spy.calls.clear()
        await scene.refuses(line.bank, frame(RECORD, os.urandom(256 + suite.tag_size)))
        expect_same(spy.calls, ["verify"], "what the cipher and the MAC are asked")


async def forged_handshake_messages_cost_nobody_else(stage: Stage, suite: str) -> None:
    """Noise in the place of M1 fails at the filter, before the key exchange; an honest client is served meanwhile."""
    async with stage(suite) as scene:
        noise = [await scene.proxy.dial("127.0.2.1") for _ in range(8)]
        size = len(scene.fresh_m1()) - 8
        for bank in noise[1:]:
            bank.give(frame(M1, os.urandom(size)))
        await scene.refuses(noise[0], frame(M1, os.urandom(size)))
        session, _ = await scene.open_victim()
        expect_same(await session.balance(), OPENING_BALANCE, "the balance")


ATTACK = Attack(
    22,
    "A forged record that is counted",
    "§6.2, §8.1",
    "sends a forged record so that the receiver counts it, and no longer takes the genuine one; in snow a forged "
    "message advanced the nonce (GHSA-7g9j-g5jg-3vv3)",
    "Nothing is counted, decrypted or stepped before a tag has verified; and the channel is over with the first "
    "forgery.",
    (
        *variants(
            nothing_follows,
            suite=(DES3, CTR, GCM),
            side=BOTH_SIDES,
            expected=lambda side: refused(side, AUTHENTICATION, moved=-10_00 if side == CLIENT else 0),
        ),
        *variants(nothing_is_decrypted_before_its_tag_has_verified, expected=refused(BANK, AUTHENTICATION)),
        *variants(forged_handshake_messages_cost_nobody_else, suite=(CTR,), expected=refused(BANK, AUTHENTICATION)),
    ),
)
