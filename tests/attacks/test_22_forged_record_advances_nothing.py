"""Attack 22: a forged record is sent so that the receiver counts it, and no longer takes the genuine one.

In snow a forged message advanced the nonce (GHSA-7g9j-g5jg-3vv3). A correct system counts, decrypts and steps only
after a tag has verified; and the channel is over with the first forgery anyway (PROTOCOL §6.2, §8.1).
"""

import dataclasses
import os

import pytest

from framework import Suite
from framework.events import FailureReason
from framework.kinds.bulk_cipher import GuardedBulkCipher
from framework.kinds.mac import GuardedMac
from framework.protection import EncryptThenMac
from framework.registry import Registry
from tests.attacks.hostile_proxy import RECORD, frame
from tests.attacks.scene import BOTH_SIDES, CTR, DES3, GCM, OPENING_BALANCE, Stage, fails_silently, withdraw
from tests.support.spies import Record, SpyCipher, SpyMac


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize("suite", [DES3, CTR, GCM])
async def test_nothing_advances_and_nothing_follows(stage: Stage, suite: str, side: str) -> None:
    """A forgery, and the genuine withdrawal right behind it in the same packet."""
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        await session.balance()
        channel = session.connection.channel if side == "client" else scene.bank_side(line.bank).channel
        assert channel._records is not None
        reader = channel._records.reader
        before = (reader._epoch.epoch, reader._epoch.sequence, reader._epoch.used, reader._last_timestamp)
        sender, victim = line.across(side), line.side(side)
        sender.hold()
        await session.send(withdraw(10_00))
        genuine = await sender.take()
        forged = frame(RECORD, os.urandom(len(genuine) - 8))
        await fails_silently(victim, lambda: victim.give(forged + genuine))
        assert (reader._epoch.epoch, reader._epoch.sequence, reader._epoch.used, reader._last_timestamp) == before
        assert await scene.why(side, session, line) is FailureReason.AUTHENTICATION
        assert scene.balance() == OPENING_BALANCE - (10_00 if side == "client" else 0)


async def test_nothing_is_decrypted_before_its_tag_has_verified(stage: Stage, registry: Registry) -> None:
    spy = Record()
    protection = EncryptThenMac(GuardedBulkCipher(SpyCipher(spy), "spy"), GuardedMac(SpyMac(spy), "spy"))
    suite = dataclasses.replace(Suite.parse(CTR, registry), protection=protection)
    async with stage(suite) as scene:
        _, line = await scene.open_victim()
        assert set(zip(spy.calls, spy.calls[1:], strict=False)) & {("tag", "decrypt"), ("encrypt", "decrypt")} == set()
        spy.calls.clear()
        await fails_silently(line.bank, lambda: line.bank.give(frame(RECORD, os.urandom(256 + suite.tag_size))))
        assert spy.calls == ["verify"]
        assert scene.failures_at_bank(line.bank) == [FailureReason.AUTHENTICATION]


@pytest.mark.parametrize("suite", [CTR])
async def test_forged_handshake_messages_cost_nobody_else(stage: Stage, suite: str) -> None:
    """Noise in the place of M1 fails at the filter, before the key exchange; an honest client is served meanwhile."""
    async with stage(suite) as scene:
        _, line = await scene.open_victim()
        noise = [await scene.proxy.dial("127.0.2.1") for _ in range(8)]
        size = len(line.client.frames[0]) - 8
        for bank in noise[1:]:
            bank.give(frame(1, os.urandom(size)))
        await fails_silently(noise[0], lambda: noise[0].give(frame(1, os.urandom(size))))
        assert scene.failures_at_bank(noise[0]) == [FailureReason.AUTHENTICATION]
        session, _ = await scene.open_victim()
        assert await session.balance() == OPENING_BALANCE
