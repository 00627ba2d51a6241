"""Attack 15: a header announces four gigabytes.

Trust in a length that the sender chose is what Heartbleed (CVE-2014-0160) was made of. A correct system refuses the
length as soon as the header is there: it makes no room for the body, waits for no byte of it, and reads none
(PROTOCOL §4.1, §6.1).
"""

import asyncio
import tracemalloc

import pytest

from framework import ChannelError
from framework.aio.accepted import ServerConnection
from framework.events import FailureReason
from tests.attacks.hostile_proxy import HEADER, M1, M2, M3, RECORD
from tests.attacks.scene import (
    CTR,
    DES3,
    GCM,
    OPENING_BALANCE,
    Stage,
    fail_silently_together,
    fails_silently,
)

HUGE = 2**32 - 1
HUGE_AND_WHOLE = 2**32 - 256 + 32
"""As huge, and of a whole number of quanta under a tag of 32 bytes: refused for nothing but its size."""

FLAT = 2 * 1024 * 1024
"""Bytes by which memory may grow while sixteen headers announce 64 GB in all: asyncio's buffers and the log."""


@pytest.mark.parametrize(("kind", "size"), [(M1, HUGE), (M3, HUGE), (RECORD, HUGE), (RECORD, HUGE_AND_WHOLE)])
async def test_bank_in_every_state(stage: Stage, kind: int, size: int) -> None:
    async with stage(CTR) as scene:
        banks = []
        for number in range(16):
            source = f"127.0.1.{number + 1}"
            bank = await scene.proxy.dial(source) if kind != RECORD else (await scene.open_puppet(source)).bank
            if kind == M3:
                bank.give(scene.fresh_m1())
                await bank.take()
            banks.append(bank)
        await asyncio.sleep(0.02)  # M3 is through
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            header = HEADER.pack(kind, 1, 0, size)
            await fail_silently_together((bank, header) for bank in banks)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak - before < FLAT
        assert [scene.failures_at_bank(bank) for bank in banks] == [[FailureReason.MALFORMED]] * 16
        assert scene.balance() == OPENING_BALANCE


@pytest.mark.parametrize(("suite", "side"), [(DES3, "bank"), (GCM, "client")])
async def test_record(stage: Stage, suite: str, side: str) -> None:
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        victim = line.side(side)
        await fails_silently(victim, lambda: victim.give(HEADER.pack(RECORD, 1, 0, HUGE)))
        assert await scene.why(side, session, line) is FailureReason.MALFORMED


async def test_m2_to_the_client(stage: Stage) -> None:
    async with stage(CTR) as scene:
        scene.proxy.impersonates = scene.proxy.holds = True
        opening = asyncio.create_task(scene.open_session())
        line = await scene.proxy.next_line()
        await line.client.take()
        await fails_silently(line.client, lambda: line.client.give(HEADER.pack(M2, 1, 0, HUGE)))
        with pytest.raises(ChannelError) as raised:
            await opening
        assert raised.value.reason == FailureReason.MALFORMED


@pytest.mark.parametrize("kind", [M1, RECORD])
async def test_the_body_that_follows_is_not_read(stage: Stage, kind: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Megabytes come behind the header; the read that brought the header is the last."""
    sizes = []
    real = ServerConnection.data_received

    def counted(connection: ServerConnection, data: bytes) -> None:
        sizes.append(len(data))
        real(connection, data)

    async with stage(CTR) as scene:
        bank = await scene.proxy.dial() if kind == M1 else (await scene.open_puppet()).bank
        await asyncio.sleep(0.02)  # M3 is through
        monkeypatch.setattr(ServerConnection, "data_received", counted)
        flood = HEADER.pack(kind, 1, 0, HUGE) + bytes(16 * 1024 * 1024)
        await fails_silently(bank, lambda: bank.give(flood))
        monkeypatch.undo()
        assert scene.failures_at_bank(bank) == [FailureReason.MALFORMED]
        assert len(sizes) == 1
