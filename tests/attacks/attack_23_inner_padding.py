"""Attack 23: a peer with the right keys seals an inner plaintext that nobody honest would make."""

from struct import pack_into

from tests.attacks.attack import (
    BANK,
    BOTH_SIDES,
    CLIENT,
    CLOCK,
    MALFORMED,
    SERVED,
    Attack,
    Side,
    expect,
    refused,
    rows,
    variants,
)
from tests.attacks.requests import CTR, DES3, GCM
from tests.attacks.rogue import CLOSE_NOTIFY, DATA, KEY_UPDATE, PREFIX, QUANTUM, inner, now_ms
from tests.attacks.stage import Stage

MESSAGE = b'{"type":"CHECK","id":"00000000000000000000000000000000"}'


def changed(plaintext: bytes, place: int, value: int) -> bytes:
    copy = bytearray(plaintext)
    copy[place] = value
    return bytes(copy)


def with_length(plaintext: bytes, length: int) -> bytes:
    copy = bytearray(plaintext)
    pack_into(">I", copy, PREFIX - 4, length)
    return bytes(copy)


def bad_plaintexts() -> dict[str, bytes]:
    """Inner plaintexts of possible sizes that PROTOCOL §6.1 does not allow."""
    good = inner(DATA, MESSAGE)
    end = PREFIX + len(MESSAGE)
    return {
        "first byte of padding": changed(good, end, 1),
        "last byte of padding": changed(good, -1, 1),
        "padding of a close_notify": changed(inner(CLOSE_NOTIFY), -1, 0x80),
        "one quantum of padding too much": good + bytes(QUANTUM),
        "many quanta of padding too much": good + bytes(100 * QUANTUM),
        "close_notify that is too long": inner(CLOSE_NOTIFY) + bytes(QUANTUM),
        "key_update that is too long": inner(KEY_UPDATE) + bytes(QUANTUM),
        "length one more than fits": with_length(good, QUANTUM - PREFIX + 1),
        "length of the next quantum": with_length(good, QUANTUM + len(MESSAGE)),
        "length 2^31": with_length(good, 2**31),
        "length 2^32 - 1": with_length(good, 2**32 - 1),
        "length shorter than the data": with_length(good, len(MESSAGE) - 1),
        "content type 0": changed(good, 0, 0),
        "content type 4": changed(good, 0, 4),
        "content type 255": changed(good, 0, 255),
        "data in a close_notify": inner(CLOSE_NOTIFY, b"x"),
        "data in a key_update": inner(KEY_UPDATE, MESSAGE),
        "all zeros": bytes(QUANTUM),
        "all ones": b"\xff" * QUANTUM,
    }


async def under_a_genuine_tag(stage: Stage, suite: str, side: Side) -> None:
    async with stage(suite) as scene:
        plaintexts = bad_plaintexts()
        if suite == DES3:
            plaintexts = {
                name: plaintexts[name] for name in ("last byte of padding", "length 2^32 - 1", "content type 4")
            }
        traitors = [await scene.betray(side) for _ in plaintexts]
        await scene.refuse_all(
            (traitor.victim, traitor.rogue.seal(plaintext))
            for traitor, plaintext in zip(traitors, plaintexts.values(), strict=True)
        )


async def timestamps_that_nobody_has(stage: Stage, suite: str, side: Side) -> None:
    async with stage(suite) as scene:
        timestamps = [0, 2**64 - 1, now_ms() - 40_000, now_ms() + 40_000]
        traitors = [await scene.betray(side) for _ in timestamps]
        await scene.refuse_all(
            (traitor.victim, traitor.rogue.seal(inner(DATA, MESSAGE, timestamp=timestamp)))
            for traitor, timestamp in zip(traitors, timestamps, strict=True)
        )


async def the_same_by_hand_and_right_is_answered(stage: Stage, suite: str) -> None:
    """The control: what is sealed above is refused for its contents, not for how it was made."""
    async with stage(suite) as scene:
        puppet = await scene.open_puppet_with_card()
        puppet.bank.give(puppet.rogue.seal(inner(DATA, MESSAGE)))
        expect((await puppet.reply()).ok, "an honest plaintext is answered")


async def reserved_bytes_of_m1(stage: Stage, suite: str, place: int) -> None:
    async with stage(suite) as scene:
        bank = await scene.proxy.dial()
        await scene.refuses(bank, scene.rogue_client().m1(reserved=changed(bytes(56), place, 1)))


async def reserved_bytes_of_m3(stage: Stage, suite: str, place: int) -> None:
    async with stage(suite) as scene:
        bank, rogue = await scene.half_open()
        await scene.refuses(bank, rogue.m3(reserved=changed(bytes(24), place, 1)))


async def reserved_bytes_of_m2(stage: Stage, suite: str, place: int) -> None:
    async with stage(suite) as scene:
        _, client, m1 = await scene.call_impostor()
        rogue = scene.rogue_bank()
        rogue.read_m1(m1)
        await scene.refuses(client, rogue.m2(reserved=changed(bytes(24), place, 1)))


ATTACK = Attack(
    23,
    "Inner plaintexts that nobody honest makes",
    "§4.8, §6.1, §8.1",
    "has the right keys, and seals wrong padding, lengths, content types, timestamps and reserved bytes; padding that "
    "was checked in another way than the tag told Vaudenay's attack, and Lucky13 (CVE-2013-0169) after it, what was "
    "inside",
    "The tag has verified before anything is parsed. Whatever has more than one reading is refused, by the one path "
    "that a forged tag takes.",
    (
        *variants(
            under_a_genuine_tag,
            suite=(DES3, CTR, GCM),
            side=BOTH_SIDES,
            expected=lambda side: refused(side, MALFORMED),
        ),
        *variants(
            timestamps_that_nobody_has,
            suite=(CTR, GCM),
            side=BOTH_SIDES,
            expected=lambda side: refused(side, CLOCK),
        ),
        *variants(the_same_by_hand_and_right_is_answered, suite=(DES3, CTR, GCM), expected=SERVED),
        *variants(reserved_bytes_of_m1, rows("suite place", (CTR, 0), (GCM, -1)), expected=refused(BANK, MALFORMED)),
        *variants(reserved_bytes_of_m3, rows("suite place", (CTR, 0), (GCM, -1)), expected=refused(BANK, MALFORMED)),
        *variants(reserved_bytes_of_m2, rows("suite place", (CTR, 0), (GCM, -1)), expected=refused(CLIENT, MALFORMED)),
    ),
)
