"""Attack 13: the header of a frame says what the protocol does not know: type, version, reserved bytes, length."""

import asyncio
from collections.abc import Callable

from tests.attacks.attack import (
    AUTHENTICATION,
    BANK,
    BOTH_SIDES,
    CLIENT,
    MALFORMED,
    Attack,
    Side,
    expect,
    refused,
    variants,
)
from tests.attacks.network import HEADER, M1, M2, M3, RECORD, Party
from tests.attacks.requests import CTR, DES3, GCM
from tests.attacks.scene import Scene
from tests.attacks.stage import Stage

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


def bad_headers_of_records(scene: Scene) -> list[Header]:
    tag = scene.suite.tag_size
    return bad_headers(
        (RECORD, 1, 0, 256 + tag), lambda size: 256 <= size - tag <= MAX_INNER and (size - tag) % 256 == 0
    )


def bad_headers_like(message: bytes) -> list[Header]:
    """The same for a message of the handshake, which has one size."""
    good = HEADER.unpack_from(message)
    return bad_headers(good, lambda size: size == good[3])


async def refuse_all(scene: Scene, victims: list[Party], headers: list[Header]) -> None:
    await scene.refuse_all((victim, HEADER.pack(*header)) for victim, header in zip(victims, headers, strict=True))


async def m1(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        headers = bad_headers_like(scene.fresh_m1())
        banks = [await scene.proxy.dial(f"127.0.1.{number}") for number, _ in enumerate(headers, start=1)]
        await refuse_all(scene, banks, headers)


async def every_other_type_and_version(stage: Stage) -> None:
    async with stage(CTR) as scene:
        kind, version, _, size = HEADER.unpack_from(scene.fresh_m1())
        headers = [(other, version, 0, size) for other in range(256) if other != kind]
        headers += [(kind, other, 0, size) for other in range(256) if other != version]
        banks = [await scene.proxy.dial(f"127.0.1.{number % 250 + 1}") for number, _ in enumerate(headers)]
        await refuse_all(scene, banks, headers)


async def m3(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        _, line = await scene.open_victim()
        headers = bad_headers_like(line.client.frames[1])
        banks = []
        for number, _ in enumerate(headers, start=1):
            bank = await scene.proxy.dial(f"127.0.1.{number}")
            bank.give(scene.fresh_m1())
            banks.append(bank)
        for bank in banks:
            await bank.take()
        await refuse_all(scene, banks, headers)


async def record_to_the_bank(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        headers = bad_headers_of_records(scene)
        sources = [f"127.0.1.{number}" for number, _ in enumerate(headers, start=1)]
        await refuse_all(scene, [(await scene.open_puppet_with_card(source)).bank for source in sources], headers)


async def record_with_triple_des(stage: Stage, side: Side, header: Header) -> None:
    async with stage(DES3) as scene:
        _, line = await scene.open_victim()
        await scene.refuses(line.side(side), HEADER.pack(*header))


async def record_to_the_client(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        headers = bad_headers_of_records(scene)
        await refuse_all(scene, [(await scene.open_victim())[1].client for _ in headers], headers)


async def m2(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        _, line = await scene.open_victim()
        headers = bad_headers_like(line.bank.frames[0])
        await refuse_all(scene, [(await scene.call_impostor())[1] for _ in headers], headers)


async def longer_length_that_is_possible(stage: Stage, size: int) -> None:
    """A record that claims to be longer is waited for, and then does not verify: the header is under the tag."""
    async with stage(CTR) as scene:
        puppet = await scene.open_puppet_with_card()
        record = puppet.seal(puppet.card.request())
        grown = HEADER.pack(RECORD, 1, 0, max(size, 512) + scene.suite.tag_size) + record[8:]
        puppet.bank.give(grown)
        missing = HEADER.unpack_from(grown)[3] + HEADER.size - len(grown)
        puppet.bank.give(bytes(missing - 1))
        await asyncio.sleep(0.05)
        expect(scene.goes_on(puppet.bank), "a record that is not whole is waited for")
        await scene.refuses(puppet.bank, b"\0")


ATTACK = Attack(
    13,
    "Fields of the header",
    "§4.1, §6.1",
    "sends headers with another type, version, reserved bytes or length, in every state and to both sides",
    "The whole header is checked before a byte of the body is waited for, and nothing is read past what it may "
    "announce.",
    (
        *variants(m1, suite=(DES3, CTR), expected=refused(BANK, MALFORMED)),
        *variants(every_other_type_and_version, expected=refused(BANK, MALFORMED)),
        *variants(m3, suite=(CTR,), expected=refused(BANK, MALFORMED)),
        *variants(record_to_the_bank, suite=(CTR, GCM), expected=refused(BANK, MALFORMED)),
        *variants(
            record_with_triple_des,
            side=BOTH_SIDES,
            header=((RECORD, 2, 0, 288), (RECORD, 1, 256, 288), (RECORD, 1, 0, 289)),
            expected=lambda side: refused(side, MALFORMED),
        ),
        *variants(record_to_the_client, suite=(CTR, GCM), expected=refused(CLIENT, MALFORMED)),
        *variants(m2, suite=(CTR,), expected=refused(CLIENT, MALFORMED)),
        *variants(longer_length_that_is_possible, size=(256, 65_536), expected=refused(BANK, AUTHENTICATION)),
    ),
)
