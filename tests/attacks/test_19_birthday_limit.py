"""Attack 19: so much is encrypted under one key of a 64-bit block cipher that blocks collide.

Sweet32 (CVE-2016-2183) found cookies in 3DES that way; NIST allows 2^20 blocks a key bundle. A correct system changes
the key before, and the wire shows it (PROTOCOL §3.3, §6.5; SP 800-67 Rev. 2).
"""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Sequence

import pytest

from framework import Suite, open_channel, serve
from framework.aio import ChannelStream
from framework.events import FailureReason
from framework.kinds.bulk_cipher import GuardedBulkCipher
from framework.kinds.mac import GuardedMac
from framework.limits import Limits
from framework.protection import EncryptThenMac
from framework.registry import Registry
from tests.attacks import malice
from tests.attacks.counting_cipher import counting
from tests.attacks.hostile_proxy import HEADER, RECORD, HostileProxy, frame_type
from tests.attacks.malice import writer_of
from tests.attacks.scene import CTR, DES3, GCM, Ephemerals, Stage, fails_silently
from tests.support.spies import Record, SpyCipher, SpyMac

BLOCKS = 2**20
BLOCK_SIZE = 8
QUANTUM = 256

LARGEST = 65_536 - 13
"""The longest message: its records are as large as records get, so a key_update shows by its size."""


def epochs(records: Sequence[bytes], tag_size: int) -> list[int]:
    """Bytes of ciphertext in each epoch, as the wire shows them: a small record among large ones ends an epoch."""
    carried = [0]
    for record in records:
        size = len(record) - HEADER.size - tag_size
        carried[-1] += size
        if size == QUANTUM:
            carried.append(0)
    return carried


async def test_eight_mebibytes_of_triple_des(registry: Registry, ephemerals: Ephemerals) -> None:
    """Nine mebibytes each way at the real limit; nobody but the two sides knows more than the sizes."""
    suite = Suite.parse(DES3, registry)
    key_pair = suite.key_exchange.generate_key_pair()
    count = 9 * 2**20 // LARGEST + 1
    message = bytes(LARGEST)
    steps: list[int] = []

    async def echo(stream: ChannelStream) -> None:
        async for received in stream:
            await stream.send(received)
        steps.append(writer_of(stream._connection.channel)._epoch.epoch)

    async with await serve(echo, "127.0.0.1", 0, suite, key_pair) as server:
        async with HostileProxy(*server.address) as proxy:
            take = ephemerals.source(suite)
            async with await open_channel(*proxy.address, suite, key_pair.public_key, take_ephemeral=take) as stream:
                line = await proxy.next_line()

                async def send_all() -> None:
                    for _ in range(count):
                        await stream.send(message)

                sending = asyncio.create_task(send_all())
                for _ in range(count):
                    assert await stream.receive() == message
                await sending
                steps.append(writer_of(stream._connection.channel)._epoch.epoch)
        assert steps in ([1, 1], [1])

    for party in (line.client, line.bank):
        records = [each for each in party.frames if frame_type(each) == RECORD]
        carried = epochs(records[:-1], suite.tag_size)  # the last is close_notify
        assert sum(carried) > BLOCKS * BLOCK_SIZE
        assert len(carried) == 2
        assert max(carried) <= BLOCKS * BLOCK_SIZE
        assert carried[0] > BLOCKS * BLOCK_SIZE - 65_536, "a key changed long before it must"


@pytest.mark.parametrize("name", [DES3, CTR])
async def test_low_limit_is_held_block_by_block(stage: Stage, registry: Registry, name: str) -> None:
    """All records look alike here; a spy at the keys counts what each of them encrypts."""
    limit = 2048
    suite, cipher = counting(Suite.parse(name, registry, Limits(max_inner=512, epoch_limit=limit)))
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        for _ in range(20):
            await session.balance()
        await session.stream.close()
        # Card, twenty checks and close_notify: seven in an epoch, and a key_update behind each seven.
        assert [len(party.frames) for party in (line.client, line.bank)] == [2 + 22 + 3, 1 + 22 + 3]
    full = limit // cipher.block_size
    blocks = Counter(key for key, _ in cipher.blocks)
    assert max(blocks.values()) == full
    assert list(blocks.values()).count(full) == 2 * 3


@pytest.mark.parametrize(("suite", "side"), [(DES3, "bank"), (CTR, "client"), (GCM, "bank"), (GCM, "client")])
async def test_peer_that_never_changes_its_key(stage: Stage, suite: str, side: str) -> None:
    """The receiver counts too: a record that leaves no room for a key_update behind it ends the channel."""
    limits = Limits(max_inner=256, epoch_limit=4 if suite == GCM else 1024)
    async with stage(suite, limits) as scene:
        session, line = await scene.open_victim()
        for _ in range(2):
            await session.balance()
        peer = malice.channel_against(side, scene, session, line)
        await fails_silently(line.side(side), lambda: line.side(side).give(malice.seal(peer, malice.inner(1, b"{}"))))
        assert await scene.why(side, session, line) is FailureReason.LIMIT


async def test_record_past_the_limit_is_not_even_opened(stage: Stage, registry: Registry) -> None:
    """No cipher is asked for more than its limit, not even to find out that somebody has passed it."""
    spy = Record()
    protection = EncryptThenMac(GuardedBulkCipher(SpyCipher(spy), "spy"), GuardedMac(SpyMac(spy), "spy"))
    suite = dataclasses.replace(Suite.parse(CTR, registry), protection=protection)
    async with stage(suite) as scene:
        puppet = await scene.open_puppet()
        await puppet.show_card()
        bank = scene.bank_side(puppet.bank).channel
        assert bank._records is not None
        bank._records.reader._epoch.used = suite.epoch_limit - QUANTUM
        record = malice.seal(puppet.channel, malice.inner(malice.DATA, bytes(300)))
        spy.calls.clear()
        await fails_silently(puppet.bank, lambda: puppet.bank.give(record))
        assert spy.calls == []
        assert scene.failures_at_bank(puppet.bank) == [FailureReason.LIMIT]
