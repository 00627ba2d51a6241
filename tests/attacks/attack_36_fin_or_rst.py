"""Attack 36: faults of every depth, to learn from bytes, from the kind of close or from its moment how far each got."""

import dataclasses
import os
from collections.abc import Awaitable, Callable

from framework import Decryptor, Encryptor, FailureReason
from framework.aio import ChannelStream
from framework.kinds.bulk_cipher import GuardedBulkCipher
from framework.kinds.mac import GuardedMac
from framework.protection import EncryptThenMac
from plugins.hmac_sha256.mac import HmacSha256
from tests.attacks.attack import (
    AUTHENTICATION,
    BANK,
    CLOCK,
    CONNECTION,
    LIMIT,
    MALFORMED,
    PLUGIN,
    TRUNCATED,
    Attack,
    expect_same,
    refused,
    variants,
)
from tests.attacks.network import FIN, HEADER, RECORD, Party, flip, frame
from tests.attacks.requests import CTR, GCM
from tests.attacks.rogue import DATA, MAC1_SIZE, filtered, inner
from tests.attacks.scene import Scene
from tests.attacks.stage import Stage
from tests.support.peers import AesCtr

Fault = tuple[Party, bytes]
"""To whom, and what."""


async def no_header(scene: Scene) -> Fault:
    return await scene.proxy.dial(), os.urandom(7) + b"\xff" * 9


async def wrong_filter(scene: Scene) -> Fault:
    return await scene.proxy.dial(), flip(scene.fresh_m1(), 8 * HEADER.size)


async def wrong_m1(scene: Scene) -> Fault:
    """The filter is right, so the key exchange is run, and then the seal is wrong."""
    m1 = flip(scene.fresh_m1(), -1)
    return await scene.proxy.dial(), filtered(
        scene.key_pair.public_key, m1[: HEADER.size], m1[HEADER.size + MAC1_SIZE :]
    )


async def wrong_m3(scene: Scene) -> Fault:
    bank, rogue = await scene.half_open()
    return bank, flip(rogue.m3(), 8 * HEADER.size)


async def record_too_early(scene: Scene) -> Fault:
    bank, _ = await scene.half_open()
    return bank, frame(RECORD, bytes(256 + scene.suite.tag_size))


async def record_of_no_size(scene: Scene) -> Fault:
    return (await scene.open_puppet_with_card()).bank, frame(RECORD, bytes(100))


async def wrong_tag(scene: Scene) -> Fault:
    puppet = await scene.open_puppet_with_card()
    return puppet.bank, flip(puppet.seal(puppet.card.request()), -1)


async def wrong_padding(scene: Scene) -> Fault:
    puppet = await scene.open_puppet_with_card()
    return puppet.bank, puppet.rogue.seal(inner(DATA)[:-1] + b"\1")


async def wrong_time(scene: Scene) -> Fault:
    puppet = await scene.open_puppet_with_card()
    return puppet.bank, puppet.rogue.seal(inner(DATA, timestamp=0))


async def early_key_update(scene: Scene) -> Fault:
    puppet = await scene.open_puppet_with_card()
    return puppet.bank, puppet.rogue.key_update()


async def no_close_notify(scene: Scene) -> Fault:
    return (await scene.open_puppet_with_card()).bank, FIN


FAULTS: dict[Callable[[Scene], Awaitable[Fault]], FailureReason] = {
    no_header: MALFORMED,
    wrong_filter: AUTHENTICATION,
    wrong_m1: AUTHENTICATION,
    wrong_m3: AUTHENTICATION,
    record_too_early: MALFORMED,
    record_of_no_size: MALFORMED,
    wrong_tag: AUTHENTICATION,
    wrong_padding: MALFORMED,
    wrong_time: CLOCK,
    early_key_update: LIMIT,
    no_close_notify: TRUNCATED,
}


async def all_ends_look_alike(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        reasons = await scene.refuse_all([await make(scene) for make in FAULTS])
        expect_same(reasons, list(FAULTS.values()), "why each is refused, in the log alone")


class BreakingCipher(AesCtr):
    """A cipher that breaks on command: `breaks` is the call that raises what it never should."""

    breaks = ""

    def encryptor(self, key: bytes, iv: bytes) -> Encryptor:  # type: ignore[override]
        return BreakingStream(self, super().encryptor(key, iv))

    def decryptor(self, key: bytes, iv: bytes) -> Decryptor:  # type: ignore[override]
        return BreakingStream(self, super().decryptor(key, iv))


class BreakingStream:
    def __init__(self, owner: BreakingCipher, stream: Encryptor) -> None:
        self._owner, self._stream = owner, stream

    def encrypt(self, record: bytes) -> bytes:
        return self._call("encrypt", record)

    def decrypt(self, record: bytes) -> bytes:
        return self._call("decrypt", record)

    def _call(self, name: str, record: bytes) -> bytes:
        if self._owner.breaks == name:
            raise RuntimeError("a defect")
        return self._stream.encrypt(record)


async def not_even_a_defect_ends_otherwise(stage: Stage, while_it: str) -> None:
    """A plugin of the bank's raises what it never should, while the bank reads a record and while it answers one."""
    cipher = BreakingCipher()
    protection = EncryptThenMac(GuardedBulkCipher(cipher, "breaking"), GuardedMac(HmacSha256(), "hmac"))
    async with stage(dataclasses.replace(stage.suite(CTR), protection=protection)) as scene:
        puppet = await scene.open_puppet_with_card()
        cipher.breaks = while_it
        await scene.refuses(puppet.bank, puppet.seal(puppet.card.request()))
        cipher.breaks = ""


async def handler_that_gives_up_ends_no_otherwise(stage: Stage) -> None:
    """The application over the channel breaks: on the wire that is one more failure like all others."""

    async def broken(stream: ChannelStream) -> None:
        await stream.receive()
        raise RuntimeError("a defect")

    async with stage(CTR) as scene:
        await scene.serve_instead(broken)
        puppet = await scene.open_puppet()
        await scene.refuses(puppet.bank, puppet.rogue.say(b"?"))


ATTACK = Attack(
    36,
    "Telling faults apart by how the connection ends",
    "§8.1",
    "commits faults of every depth, to learn from bytes, from the kind of close or from its moment how far each got",
    "There is one path: silence, and a reset on the tick, whatever it was. The reasons differ in the local log alone.",
    (
        *variants(
            all_ends_look_alike,
            suite=(CTR, GCM),
            expected=refused(BANK, AUTHENTICATION, CLOCK, LIMIT, MALFORMED, TRUNCATED),
        ),
        *variants(not_even_a_defect_ends_otherwise, while_it=("decrypt", "encrypt"), expected=refused(BANK, PLUGIN)),
        *variants(handler_that_gives_up_ends_no_otherwise, expected=refused(BANK, CONNECTION)),
    ),
)
