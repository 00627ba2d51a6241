"""Attack 26: somebody with a key of his own answers in the bank's place."""

import asyncio
import os

from app.protocol.names import APPLICATION, SERVER_NAME
from app.system.errors import ChannelFailedError
from framework import Channel, ChannelFailed
from tests.attacks.attack import (
    AUTHENTICATION,
    CLIENT,
    CONNECTION,
    SERVED,
    Attack,
    Outcome,
    SurpriseError,
    expect,
    expect_same,
    refused,
    variants,
)
from tests.attacks.network import HEADER, M2, frame
from tests.attacks.people import failure_of
from tests.attacks.requests import CTR, DES3, GCM
from tests.attacks.rogue import MAC1_SIZE, filtered, now_ms
from tests.attacks.scene import Scene
from tests.attacks.stage import Stage


def noise_like_m2(scene: Scene) -> bytes:
    return frame(M2, os.urandom(32 + scene.suite.key_exchange.ciphertext_size + 32 + scene.suite.tag_size))


async def impostor_who_answers_anything(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        _, client, m1 = await scene.call_impostor()
        await scene.refuses(client, noise_like_m2(scene))
        expect_same(client.byte_count, len(m1), "bytes that the client has said")


async def impostor_who_is_a_server_with_another_key(stage: Stage, suite: str) -> None:
    """He even makes M1 pass his own filter; it does not open, for it was sealed for the bank."""
    async with stage(suite) as scene:
        _, client, m1 = await scene.call_impostor()
        own = scene.suite.key_exchange.generate_key_pair()
        impostor = Channel.server(scene.suite, own, now=now_ms(), application=APPLICATION, server_name=SERVER_NAME)
        his = filtered(own.public_key, m1[: HEADER.size], m1[HEADER.size + MAC1_SIZE :])
        [event] = impostor.receive_data(his, now_ms())
        expect(isinstance(event, ChannelFailed) and event.reason is AUTHENTICATION, "M1 does not open for the impostor")
        client.give_rst()
        await scene.reason(client)
        expect_same(client.byte_count, len(m1), "bytes that the client has said")


async def client_that_has_another_key_on_record(stage: Stage, suite: str) -> None:
    """The bank closes without a word at the filter: this M1 is not for it."""
    async with stage(suite) as scene:
        other = scene.suite.key_exchange.generate_key_pair().public_key
        stage.note(CLIENT, await failure_of(scene.open_session(public_key=other)))
        line = await scene.proxy.next_line()
        await scene.reason(line.bank)
        expect_same(line.bank.byte_count, 0, "bytes that the bank has said")


async def what_the_atm_says(stage: Stage) -> None:
    async with stage(DES3) as scene:
        scene.proxy.impersonates = scene.proxy.holds = True
        connecting = asyncio.create_task(scene.atm().connect())
        line = await scene.proxy.next_line()
        await line.client.take()
        line.client.give(noise_like_m2(scene))
        try:
            await connecting
        except ChannelFailedError as error:
            expect("IS NOT THE BANK" in str(error), "the ATM says loudly that this is not the bank")
        else:
            raise SurpriseError("the ATM takes an impostor for the bank")


SUITES = (DES3, CTR, GCM)

ATTACK = Attack(
    26,
    "Another key in the bank's place",
    "§4.4, §10",
    "answers in the bank's place, with noise or with a key of his own",
    "The bank's key is pinned. The client sends M1, which only the bank can open, and not a byte more unless the "
    "answer proves that it was the bank. The ATM says loudly what has happened.",
    (
        *variants(impostor_who_answers_anything, suite=SUITES, expected=refused(CLIENT, AUTHENTICATION)),
        *variants(impostor_who_is_a_server_with_another_key, suite=SUITES, expected=refused(CLIENT, CONNECTION)),
        *variants(
            client_that_has_another_key_on_record,
            suite=SUITES,
            expected=Outcome(bank=frozenset({AUTHENTICATION}), client=frozenset({CONNECTION})),
        ),
        *variants(what_the_atm_says, expected=SERVED),
    ),
)
