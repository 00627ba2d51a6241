"""Attack 19: so much is encrypted under one key of a 64-bit block cipher that blocks collide."""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Sequence

from framework import open_channel, serve
from framework.aio import ChannelStream
from framework.kinds.bulk_cipher import GuardedBulkCipher
from framework.kinds.mac import GuardedMac
from framework.limits import Limits
from framework.protection import EncryptThenMac
from tests.attacks.attack import (
    BANK,
    CLIENT,
    LIMIT,
    SERVED,
    Attack,
    Side,
    expect,
    expect_same,
    refused,
    rows,
    variants,
)
from tests.attacks.counting_cipher import counting
from tests.attacks.network import HEADER, RECORD, HostileProxy, frame_type
from tests.attacks.requests import CTR, DES3, GCM
from tests.attacks.rogue import DATA, QUANTUM, inner
from tests.attacks.stage import Stage
from tests.support.spies import Record, SpyCipher, SpyMac

BLOCKS = 2**20
BLOCK_SIZE = 8

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


async def eight_mebibytes_of_triple_des(stage: Stage) -> None:
    """Nine mebibytes each way at the real limit; nobody but the two sides knows more than the sizes."""
    suite = stage.suite(DES3)
    key_pair = stage.props.static_key(suite)
    count = 9 * 2**20 // LARGEST + 1
    message = bytes(LARGEST)

    async def echo(stream: ChannelStream) -> None:
        async for received in stream:
            await stream.send(received)

    async def send_all(stream: ChannelStream) -> None:
        for _ in range(count):
            await stream.send(message)

    take = stage.props.ephemerals(suite)
    async with (
        await serve(echo, "127.0.0.1", 0, suite, key_pair) as server,
        HostileProxy(*server.address, stage.observe) as proxy,
        await open_channel(*proxy.address, suite, key_pair.public_key, take_ephemeral=take) as stream,
    ):
        line = await proxy.next_line()
        sending = asyncio.create_task(send_all(stream))
        for _ in range(count):
            expect(await stream.receive() == message, "each message comes back")
        await sending

    for party in (line.client, line.bank):
        records = [each for each in party.frames if frame_type(each) == RECORD]
        carried = epochs(records[:-1], suite.tag_size)  # the last is close_notify
        expect(sum(carried) > BLOCKS * BLOCK_SIZE, "more was said than one key may carry")
        expect_same(len(carried), 2, "epochs")
        expect(max(carried) <= BLOCKS * BLOCK_SIZE, "no key carries more than it may")
        expect(carried[0] > BLOCKS * BLOCK_SIZE - 65_536, "no key changes long before it must")


async def low_limit_is_held_block_by_block(stage: Stage, name: str) -> None:
    """All records look alike here; a spy at the keys counts what each of them encrypts."""
    limit = 2048
    suite, cipher = counting(stage.suite(name, Limits(max_inner=512, epoch_limit=limit)))
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        for _ in range(20):
            await session.balance()
        await session.stream.close()
        # Card, twenty checks and close_notify: seven in an epoch, and a key_update behind each seven.
        expect_same([len(party.frames) for party in (line.client, line.bank)], [2 + 22 + 3, 1 + 22 + 3], "frames")
    full = limit // cipher.block_size
    blocks = Counter(key for key, _ in cipher.blocks)
    expect_same(max(blocks.values()), full, "blocks under the key that carries most")
    expect_same(list(blocks.values()).count(full), 2 * 3, "keys that carry all they may")


async def peer_that_never_changes_its_key(stage: Stage, suite: str, side: Side) -> None:
    """The receiver counts too: a record that leaves no room for a key_update behind it ends the channel."""
    limits = Limits(max_inner=256, epoch_limit=4 if suite == GCM else 1024)
    async with stage(suite, limits) as scene:
        traitor = await scene.betray(side)
        await traitor.talk(2)
        await scene.refuses(traitor.victim, traitor.rogue.seal(inner(DATA, b"{}")))


async def record_past_the_limit_is_not_even_opened(stage: Stage) -> None:
    """No cipher is asked for more than its limit, not even to find out that somebody has passed it."""
    spy = Record()
    protection = EncryptThenMac(GuardedBulkCipher(SpyCipher(spy), "spy"), GuardedMac(SpyMac(spy), "spy"))
    suite = dataclasses.replace(stage.suite(CTR, Limits(max_inner=512, epoch_limit=1024)), protection=protection)
    async with stage(suite) as scene:
        puppet = await scene.open_puppet_with_card()
        for _ in range(2):
            puppet.bank.give(puppet.rogue.seal(inner(DATA, b"{}")))
            await puppet.reply()
        record = puppet.rogue.seal(inner(DATA, bytes(300)))  # two quanta, where one is left
        spy.calls.clear()
        await scene.refuses(puppet.bank, record)
        expect_same(spy.calls, [], "what the cipher and the MAC are asked")


ATTACK = Attack(
    19,
    "The birthday limit of 64-bit blocks",
    "§3.3, §6.5",
    "waits until so much is encrypted under one key of a 64-bit block cipher that blocks collide; Sweet32 "
    "(CVE-2016-2183) found cookies in 3DES that way",
    "The key changes after 2^20 blocks at most (SP 800-67 Rev. 2), and the wire shows it. The receiver counts too.",
    (
        *variants(eight_mebibytes_of_triple_des, expected=SERVED),
        *variants(low_limit_is_held_block_by_block, name=(DES3, CTR), expected=SERVED),
        *variants(
            peer_that_never_changes_its_key,
            rows("suite side", (DES3, BANK), (CTR, CLIENT), (GCM, BANK), (GCM, CLIENT)),
            expected=lambda side: refused(side, LIMIT),
        ),
        *variants(record_past_the_limit_is_not_even_opened, expected=refused(BANK, LIMIT)),
    ),
)
