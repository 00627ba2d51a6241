"""Attack 36: faults of every depth, to learn from bytes, from the kind of close or from its moment how far each got.

A correct system has one path: silence, and a reset on the tick, whatever it was. The reasons differ in the local log
alone (PROTOCOL §8.1).
"""

import os
from collections.abc import Awaitable, Callable

import pytest

from framework.aio.accepted import ServerConnection
from framework.events import FailureReason
from framework.handshake.key_schedule import mac1
from tests.attacks import malice
from tests.attacks.hostile_proxy import FIN, HEADER, RECORD, Party, flip, frame
from tests.attacks.scene import CTR, GCM, Puppet, Scene, Stage, fail_silently_together, fails_silently, now_ms

MAC1_SIZE = 16

Fault = tuple[Party, bytes]
"""To whom, and what."""


async def with_card(scene: Scene) -> Puppet:
    puppet = await scene.open_puppet()
    await puppet.show_card()
    return puppet


async def no_header(scene: Scene) -> Fault:
    return await scene.proxy.dial(), os.urandom(7) + b"\xff" * 9


async def wrong_filter(scene: Scene) -> Fault:
    return await scene.proxy.dial(), flip(scene.client_channel().data_to_send(), 8 * HEADER.size)


async def wrong_m1(scene: Scene) -> Fault:
    """The filter is right, so the key exchange is run, and then the seal is wrong."""
    m1 = flip(scene.client_channel().data_to_send(), -1)
    header, sealed = m1[: HEADER.size], m1[HEADER.size + MAC1_SIZE :]
    return await scene.proxy.dial(), header + mac1(scene.key_pair.public_key, header, sealed) + sealed


async def wrong_m3(scene: Scene) -> Fault:
    bank = await scene.proxy.dial()
    channel = scene.client_channel()
    bank.give(channel.data_to_send())
    channel.receive_data(await bank.take(), now_ms())
    return bank, flip(channel.data_to_send(), 8 * HEADER.size)


async def record_too_early(scene: Scene) -> Fault:
    bank = await scene.proxy.dial()
    bank.give(scene.client_channel().data_to_send())
    await bank.take()
    return bank, frame(RECORD, bytes(256 + scene.suite.tag_size))


async def record_of_no_size(scene: Scene) -> Fault:
    return (await with_card(scene)).bank, frame(RECORD, bytes(100))


async def wrong_tag(scene: Scene) -> Fault:
    puppet = await with_card(scene)
    return puppet.bank, flip(puppet.seal(puppet.card.request()), -1)


async def wrong_padding(scene: Scene) -> Fault:
    puppet = await with_card(scene)
    return puppet.bank, malice.seal(puppet.channel, malice.inner(malice.DATA)[:-1] + b"\1")


async def wrong_time(scene: Scene) -> Fault:
    puppet = await with_card(scene)
    return puppet.bank, malice.seal(puppet.channel, malice.inner(malice.DATA, timestamp=0))


async def early_key_update(scene: Scene) -> Fault:
    puppet = await with_card(scene)
    return puppet.bank, malice.key_update(puppet.channel)


async def no_close_notify(scene: Scene) -> Fault:
    return (await with_card(scene)).bank, FIN


FAULTS: dict[Callable[[Scene], Awaitable[Fault]], FailureReason] = {
    no_header: FailureReason.MALFORMED,
    wrong_filter: FailureReason.AUTHENTICATION,
    wrong_m1: FailureReason.AUTHENTICATION,
    wrong_m3: FailureReason.AUTHENTICATION,
    record_too_early: FailureReason.MALFORMED,
    record_of_no_size: FailureReason.MALFORMED,
    wrong_tag: FailureReason.AUTHENTICATION,
    wrong_padding: FailureReason.MALFORMED,
    wrong_time: FailureReason.CLOCK,
    early_key_update: FailureReason.LIMIT,
    no_close_notify: FailureReason.TRUNCATED,
}


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_all_ends_look_alike(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        faults = [await make(scene) for make in FAULTS]
        await fail_silently_together(faults)
        assert [scene.failures_at_bank(party) for party, _ in faults] == [[reason] for reason in FAULTS.values()]


@pytest.mark.parametrize("suite", [CTR])
async def test_not_even_a_defect_ends_otherwise(stage: Stage, suite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something in the bank raises what it never should, while it reads a record and while it answers one."""
    async with stage(suite) as scene:
        reading, answering = await with_card(scene), await with_card(scene)

        def broken(*_: object) -> None:
            raise RuntimeError("a defect")

        for puppet, half, call in ((reading, "reader", "read"), (answering, "writer", "write")):
            connection: ServerConnection = scene.bank_side(puppet.bank)
            monkeypatch.setattr(getattr(connection.channel._records, half), call, broken)
        await fail_silently_together(
            (puppet.bank, puppet.seal(puppet.card.request())) for puppet in (reading, answering)
        )
        assert scene.failures_at_bank(reading.bank) == [FailureReason.INTERNAL]
        assert scene.failures_at_bank(answering.bank) == [FailureReason.INTERNAL]


async def test_handler_that_gives_up_ends_no_otherwise(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The application under the channel breaks: on the wire that is one more failure like all others."""
    async with stage(CTR) as scene:
        puppet = await with_card(scene)

        def broken(*_: object) -> None:
            raise RuntimeError("a defect")

        monkeypatch.setattr("app.bank.session.BankSession.handle", broken)
        request = puppet.seal(puppet.card.request())
        await fails_silently(puppet.bank, lambda: puppet.bank.give(request))
        monkeypatch.undo()
