"""Attack 15: a header announces four gigabytes."""

import asyncio
import tracemalloc

from tests.attacks.attack import BANK, CLIENT, MALFORMED, Attack, Side, expect, refused, rows, variants
from tests.attacks.network import HEADER, M1, M2, M3, RECORD, Party
from tests.attacks.requests import CTR, DES3, GCM
from tests.attacks.scene import Scene
from tests.attacks.stage import Stage

HUGE = 2**32 - 1
HUGE_AND_WHOLE = 2**32 - 256 + 32
"""As huge, and of a whole number of quanta under a tag of 32 bytes: refused for nothing but its size."""

FLAT = 2 * 1024 * 1024
"""Bytes by which memory may grow while sixteen headers announce 64 GB in all: asyncio's buffers and the log."""

FLOOD = 64 * 1024 * 1024
"""Bytes that come behind a header: more than the system's own buffers hold."""


async def bank_that_awaits(scene: Scene, kind: int, source: str) -> Party:
    """The bank's side of a connection on which a frame of this type is due."""
    if kind == M1:
        return await scene.proxy.dial(source)
    if kind == M3:
        return (await scene.half_open(source))[0]
    return (await scene.open_puppet(source)).bank


async def bank_in_every_state(stage: Stage, kind: int, size: int) -> None:
    async with stage(CTR) as scene:
        banks = [await bank_that_awaits(scene, kind, f"127.0.1.{number + 1}") for number in range(16)]
        await asyncio.sleep(0.02)  # M3 is through
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            header = HEADER.pack(kind, 1, 0, size)
            await scene.refuse_all((bank, header) for bank in banks)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        expect(peak - before < FLAT, f"memory grows by less than {FLAT} bytes")


async def record(stage: Stage, suite: str, side: Side) -> None:
    async with stage(suite) as scene:
        _, line = await scene.open_victim()
        await scene.refuses(line.side(side), HEADER.pack(RECORD, 1, 0, HUGE))


async def m2_to_the_client(stage: Stage) -> None:
    async with stage(CTR) as scene:
        _, client, _ = await scene.call_impostor()
        await scene.refuses(client, HEADER.pack(M2, 1, 0, HUGE))


async def the_body_that_follows_is_not_read(stage: Stage, kind: int) -> None:
    """Megabytes come behind the header: most of them never leave, for the bank reads no more."""
    async with stage(CTR) as scene:
        bank = await bank_that_awaits(scene, kind, "127.0.0.1")
        await asyncio.sleep(0.02)  # M3 is through
        flood = HEADER.pack(kind, 1, 0, HUGE) + bytes(FLOOD)
        watching = asyncio.create_task(least_left(bank))
        await scene.refuses(bank, flood)
        expect(await watching > FLOOD // 2, f"of {FLOOD} bytes the bank takes less than half")


async def least_left(bank: Party) -> int:
    """How many bytes were left to send at last, before the connection ended."""
    left = FLOOD
    while not bank.ending.done():
        left = bank.unsent() or left
        await asyncio.sleep(0.002)
    return left


ATTACK = Attack(
    15,
    "Oversized frames",
    "§4.1, §6.1",
    "announces four gigabytes in a header; trust in a length that the sender chose is what Heartbleed (CVE-2014-0160) "
    "was made of",
    "The length is refused as soon as the header is there: no room is made for the body, and no byte of it is read.",
    (
        *variants(
            bank_in_every_state,
            rows("kind size", (M1, HUGE), (M3, HUGE), (RECORD, HUGE), (RECORD, HUGE_AND_WHOLE)),
            expected=refused(BANK, MALFORMED),
        ),
        *variants(
            record, rows("suite side", (DES3, BANK), (GCM, CLIENT)), expected=lambda side: refused(side, MALFORMED)
        ),
        *variants(m2_to_the_client, expected=refused(CLIENT, MALFORMED)),
        *variants(the_body_that_follows_is_not_read, kind=(M1, RECORD), expected=refused(BANK, MALFORMED)),
    ),
)
