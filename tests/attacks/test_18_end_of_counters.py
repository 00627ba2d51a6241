"""Attack 18: a channel is kept so long that a counter ends, in the hope that it begins anew.

The library snow once let its reserved nonce be used (its issues 150 and 152). A correct system fails before the epoch
wraps, and nothing leaves under a number that was used (PROTOCOL §6.5).
"""

import pytest

from framework import Channel, ChannelError
from framework.events import FailureReason
from framework.limits import Limits
from framework.record.epoch import EpochKeys
from tests.attacks import malice
from tests.attacks.hostile_proxy import Ending
from tests.attacks.malice import channel_against, writer_of
from tests.attacks.scene import BOTH_SIDES, CTR, DES3, GCM, OPENING_BALANCE, Stage, check, fails_silently

LAST_EPOCH = 2**32 - 1
LAST_SEQUENCE = 2**64 - 1

SMALL_EPOCHS = {
    DES3: Limits(max_inner=256, epoch_limit=1024),
    CTR: Limits(max_inner=256, epoch_limit=1024),
    GCM: Limits(max_inner=256, epoch_limit=4),
}


def sending(channel: Channel) -> EpochKeys[object]:
    return writer_of(channel)._epoch  # type: ignore[return-value]


def receiving(channel: Channel) -> EpochKeys[object]:
    assert channel._records is not None
    return channel._records.reader._epoch  # type: ignore[return-value]


@pytest.mark.parametrize("suite", [DES3, CTR, GCM])
async def test_clients_last_epoch(stage: Stage, suite: str) -> None:
    """Both sides stand in the last epoch: its records still pass, and instead of a next epoch there is an end."""
    async with stage(suite, SMALL_EPOCHS[suite]) as scene:
        session, line = await scene.open_victim()
        bank = scene.bank_side(line.bank).channel
        sending(session.connection.channel).epoch = receiving(bank).epoch = LAST_EPOCH
        for _ in range(2):
            assert await session.balance() == OPENING_BALANCE
        said = line.client.byte_count
        with pytest.raises(ChannelError) as raised:
            await session.send(check())
        assert raised.value.reason == FailureReason.LIMIT
        assert await session.failure() is FailureReason.LIMIT
        assert (await line.client.end()).kind is Ending.RST
        assert line.client.byte_count == said


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_banks_last_epoch(stage: Stage, suite: str) -> None:
    async with stage(suite, SMALL_EPOCHS[suite]) as scene:
        session, line = await scene.open_victim()
        bank = scene.bank_side(line.bank).channel
        sending(bank).epoch = receiving(session.connection.channel).epoch = LAST_EPOCH
        for _ in range(2):
            assert await session.balance() == OPENING_BALANCE
        line.client.hold()
        await session.send(check())
        key_update, request = await line.client.take(), await line.client.take()
        await fails_silently(line.bank, lambda: line.bank.give(key_update + request))
        assert scene.failures_at_bank(line.bank) == [FailureReason.LIMIT]


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_key_update_in_the_last_epoch(stage: Stage, suite: str, side: str) -> None:
    """From a peer that goes on all the same."""
    async with stage(suite, SMALL_EPOCHS[suite]) as scene:
        session, line = await scene.open_victim()
        for _ in range(2):
            assert await session.balance() == OPENING_BALANCE
        peer = channel_against(side, scene, session, line)
        victim = session.connection.channel if side == "client" else scene.bank_side(line.bank).channel
        sending(peer).epoch = receiving(victim).epoch = LAST_EPOCH
        await fails_silently(line.side(side), lambda: line.side(side).give(malice.key_update(peer)))
        assert await scene.why(side, session, line) is FailureReason.LIMIT


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_sequence_after_the_last(stage: Stage, suite: str) -> None:
    """No limit lets an epoch have 2^64 records; were there one, the last number is used once, and none after it."""
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        bank = scene.bank_side(line.bank).channel
        sending(session.connection.channel).sequence = receiving(bank).sequence = LAST_SEQUENCE
        assert await session.balance() == OPENING_BALANCE
        said = line.client.byte_count
        with pytest.raises(ChannelError) as raised:
            await session.send(check())
        assert raised.value.reason == FailureReason.LIMIT
        assert (await line.client.end()).kind is Ending.RST
        assert line.client.byte_count == said
