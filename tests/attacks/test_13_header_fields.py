"""Attack 13: the header of a frame says what the protocol does not know: type, version, reserved bytes, length.

A correct system checks the whole header before it waits for a byte of the body, in every state, and never reads past
what the header may announce (PROTOCOL §4.1, §6.1).
"""

import asyncio
from collections.abc import Callable

import pytest

from framework import ChannelError
from framework.events import FailureReason
from tests.attacks.hostile_proxy import HEADER, M1, M2, M3, RECORD, Party
from tests.attacks.scene import (
    BOTH_SIDES,
    CTR,
    DES3,
    GCM,
    OPENING_BALANCE,
    Scene,
    Stage,
    fail_silently_together,
    fails_silently,
)

MAX_INNER = 65_536

Header = tuple[int, int, int, int]
"""Type, version, reserved, length."""


def bad_headers(good: Header, possible: Callable[[int], bool]) -> list[Header]:
    """Headers like a good one with one field changed to what is not possible there."""
    kind, version, reserved, size = good
    sizes = {0, 1, 7, 8, 16, 32, size - 1, size + 1, size - 256, size + 256, size ^ 2**20, 2**31 - 1, 2**31, 2**32 - 1}
    return [
        *((other, version, reserved, size) for other in (0, M1, M2, M3, RECORD, 5, 127, 128, 255) if other != kind),
        *((kind, other, reserved, size) for other in (0, 2, 3, 128, 255)),
        *((kind, version, 1 << bit, size) for bit in range(16)),
        *((kind, version, reserved, each) for each in sorted(sizes) if each >= 0 and not possible(each)),
    ]


def sizes_of_records(scene: Scene) -> Callable[[int], bool]:
    tag = scene.suite.tag_size
    return lambda size: 256 <= size - tag <= MAX_INNER and (size - tag) % 256 == 0


def exactly(size: int) -> Callable[[int], bool]:
    return lambda other: other == size


async def refuses_all(banks: list[Party], headers: list[Header]) -> None:
    await fail_silently_together((bank, HEADER.pack(*header)) for bank, header in zip(banks, headers, strict=True))


@pytest.mark.parametrize("suite", [DES3, CTR])
async def test_m1(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        _, line = await scene.open_victim()
        good = HEADER.unpack_from(line.client.frames[0])
        headers = bad_headers(good, exactly(good[3]))
        banks = [await scene.proxy.dial(f"127.0.1.{number}") for number, _ in enumerate(headers, start=1)]
        await refuses_all(banks, headers)
        assert [scene.failures_at_bank(bank) for bank in banks] == [[FailureReason.MALFORMED]] * len(banks)


async def test_every_other_type_and_version(stage: Stage) -> None:
    async with stage(CTR) as scene:
        _, line = await scene.open_victim()
        kind, version, _, size = HEADER.unpack_from(line.client.frames[0])
        headers = [(other, version, 0, size) for other in range(256) if other != kind]
        headers += [(kind, other, 0, size) for other in range(256) if other != version]
        banks = [await scene.proxy.dial(f"127.0.1.{number % 250 + 1}") for number, _ in enumerate(headers)]
        await refuses_all(banks, headers)
        assert len(scene.failures()) == len(headers)
        assert {reason for _, reason in scene.failures()} == {FailureReason.MALFORMED}


@pytest.mark.parametrize("suite", [CTR])
async def test_m3(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        _, line = await scene.open_victim()
        good = HEADER.unpack_from(line.client.frames[1])
        headers = bad_headers(good, exactly(good[3]))
        banks = []
        for number, _ in enumerate(headers, start=1):
            bank = await scene.proxy.dial(f"127.0.1.{number}")
            bank.give(scene.fresh_m1())
            banks.append(bank)
        for bank in banks:
            await bank.take()
        await refuses_all(banks, headers)
        assert [scene.failures_at_bank(bank) for bank in banks] == [[FailureReason.MALFORMED]] * len(banks)


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_record_to_the_bank(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        headers = bad_headers((RECORD, 1, 0, 256 + scene.suite.tag_size), sizes_of_records(scene))
        banks = []
        for number, _ in enumerate(headers, start=1):
            puppet = await scene.open_puppet(f"127.0.1.{number}")
            await puppet.show_card()
            banks.append(puppet.bank)
        await refuses_all(banks, headers)
        assert [scene.failures_at_bank(bank) for bank in banks] == [[FailureReason.MALFORMED]] * len(banks)
        assert scene.balance() == OPENING_BALANCE


@pytest.mark.parametrize("side", BOTH_SIDES)
@pytest.mark.parametrize("header", [(RECORD, 2, 0, 288), (RECORD, 1, 256, 288), (RECORD, 1, 0, 289)])
async def test_record_with_triple_des(stage: Stage, side: str, header: Header) -> None:
    async with stage(DES3) as scene:
        session, line = await scene.open_victim()
        await fails_silently(line.side(side), lambda: line.side(side).give(HEADER.pack(*header)))
        assert await scene.why(side, session, line) is FailureReason.MALFORMED


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_record_to_the_client(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        headers = bad_headers((RECORD, 1, 0, 256 + scene.suite.tag_size), sizes_of_records(scene))
        victims = [await scene.open_victim() for _ in headers]
        await refuses_all([line.client for _, line in victims], headers)
        for session, _ in victims:
            assert await session.failure() is FailureReason.MALFORMED


@pytest.mark.parametrize("suite", [CTR])
async def test_m2(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        _, line = await scene.open_victim()
        good = HEADER.unpack_from(line.bank.frames[0])
        headers = bad_headers(good, exactly(good[3]))
        scene.proxy.impersonates = scene.proxy.holds = True
        openings, clients = [], []
        for _ in headers:
            openings.append(asyncio.create_task(scene.open_session()))
            clients.append((await scene.proxy.next_line()).client)
            await clients[-1].take()
        await refuses_all(clients, headers)
        for outcome in await asyncio.gather(*openings, return_exceptions=True):
            assert isinstance(outcome, ChannelError)
            assert outcome.reason == FailureReason.MALFORMED


@pytest.mark.parametrize("size", [256, 65_536])
async def test_longer_length_that_is_possible(stage: Stage, size: int) -> None:
    """A record that claims to be longer is waited for, and then does not verify: the header is under the tag."""
    async with stage(CTR) as scene:
        puppet = await scene.open_puppet()
        await puppet.show_card()
        record = puppet.seal(puppet.card.request())
        grown = HEADER.pack(RECORD, 1, 0, max(size, 512) + scene.suite.tag_size) + record[8:]
        puppet.bank.give(grown)
        missing = HEADER.unpack_from(grown)[3] + HEADER.size - len(grown)
        puppet.bank.give(bytes(missing - 1))
        await asyncio.sleep(0.05)
        assert scene.failures_at_bank(puppet.bank) == []
        await fails_silently(puppet.bank, lambda: puppet.bank.give(b"\0"))
        assert scene.failures_at_bank(puppet.bank) == [FailureReason.AUTHENTICATION]
