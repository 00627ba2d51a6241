"""Attacks 31 and 32: two sides are brought to use a weaker suite, or what was made for one suite is used in another."""

import dataclasses

from framework import FailureReason, Suite, open_channel, serve
from framework.aio import ChannelStream
from framework.limits import Limits
from tests.attacks.attack import (
    AUTHENTICATION,
    BANK,
    CLIENT,
    CONNECTION,
    MALFORMED,
    Attack,
    Outcome,
    expect_same,
    refused,
    rows,
    variants,
)
from tests.attacks.network import HostileProxy
from tests.attacks.people import failure_of
from tests.attacks.requests import CTR, DES3, GCM
from tests.attacks.scene import Scene
from tests.attacks.stage import Stage

OTHER_LIMITS = {
    "max_inner": Limits(max_inner=65_536 - 256),
    "epoch_limit": Limits(epoch_limit=2**20),
    "skew_ms": Limits(skew_ms=30_001),
    "pad_quantum": Limits(pad_quantum=128),
}


async def client_of(scene: Scene, stage: Stage, suite: Suite) -> FailureReason:
    """Let a client of another suite, with the bank's right key, try; the bank says nothing, and logs why."""
    seen = len(scene.log.failures)
    stage.note(CLIENT, await failure_of(scene.open_session(suite=suite)))
    line = await scene.proxy.next_line()
    expect_same(line.bank.byte_count, 0, "bytes that the bank has said")
    expect_same(len(scene.log.failures), seen + 2, "failures in the log, one of each side")
    return await scene.reason(line.bank)


async def one_key_two_suites(stage: Stage, banks: str, clients: str) -> None:
    async with stage(banks) as scene:
        await client_of(scene, stage, stage.suite(clients))


async def same_sizes_other_cipher(stage: Stage) -> None:
    """Triple DES and AES under the same key exchange and MAC: only their names tell them apart."""
    async with stage("des3-x25519-hmac") as scene:
        await client_of(scene, stage, stage.suite(CTR))


async def every_parameter(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        for parameter, limits in OTHER_LIMITS.items():
            reason = await client_of(scene, stage, dataclasses.replace(scene.suite, limits=limits))
            expect_same(reason, AUTHENTICATION, f"why another {parameter} is refused")


async def other_application_or_name(stage: Stage, application: str, server_name: str) -> None:
    suite = stage.suite(CTR)
    key_pair = stage.props.static_key(suite)
    came_about = []

    async def handle(stream: ChannelStream) -> None:
        came_about.append(stream)

    async with (
        await serve(
            handle, "127.0.0.1", 0, suite, key_pair, application="suitecase-bank", server_name="bank"
        ) as server,
        HostileProxy(*server.address, stage.observe) as proxy,
    ):
        opening = open_channel(
            *proxy.address, suite, key_pair.public_key, application=application, server_name=server_name
        )
        stage.note(CLIENT, await failure_of(opening))
        line = await proxy.next_line()
        expect_same(line.bank.byte_count, 0, "bytes that the server has said")
    expect_same(came_about, [], "channels that came about")


async def m1_recorded_under_other_parameters(stage: Stage, suite: str) -> None:
    """A genuine M1 for the same key and another descriptor: even a bank that misuses its key takes none of it."""
    async with stage(suite) as scene:
        strong = scene.suite
        scene.suite = dataclasses.replace(strong, limits=Limits(skew_ms=3_600_000))
        m1 = scene.fresh_m1()
        scene.suite = strong
        await scene.refuses(await scene.proxy.dial(), m1)


def closed_without_a_word(reason: FailureReason) -> Outcome:
    return Outcome(bank=frozenset({reason}), client=frozenset({CONNECTION}))


ATTACK = Attack(
    31,
    "Downgrade",
    "§3.2, §4.2",
    "brings two sides to use weaker parameters, or another name, than both want, as Logjam (CVE-2015-4000) and POODLE "
    "(CVE-2014-3566) did",
    "Nothing is negotiated: what both sides configure is hashed into the first keys, so sides that differ in any of it "
    "understand nothing of each other.",
    (
        *variants(every_parameter, suite=(DES3, CTR), expected=closed_without_a_word(AUTHENTICATION)),
        *variants(
            other_application_or_name,
            rows("application server_name", ("other", "bank"), ("suitecase-bank", "other"), ("suitecase-ban", "kbank")),
            expected=refused(CLIENT, CONNECTION),
        ),
        *variants(m1_recorded_under_other_parameters, suite=(CTR,), expected=refused(BANK, AUTHENTICATION)),
    ),
)

CROSS_SUITE = Attack(
    32,
    "One key in two suites",
    "§3.2, §4.2",
    "uses what was made for one suite in another with the same key, as DROWN (CVE-2016-0800) did with two protocols",
    "The suite is hashed into the first keys: a bank that misuses its key in two suites takes nothing of one in the "
    "other.",
    (
        *variants(
            one_key_two_suites,
            rows("banks clients", (CTR, GCM), (GCM, CTR)),
            expected=closed_without_a_word(MALFORMED),
        ),
        *variants(same_sizes_other_cipher, expected=closed_without_a_word(AUTHENTICATION)),
    ),
)
