"""Attacks 31 and 32: two sides are brought to use a weaker suite, or what was made for one suite is used in another.

Logjam (CVE-2015-4000) and POODLE (CVE-2014-3566) made two sides agree on less than both wanted; DROWN (CVE-2016-0800)
used one protocol's key against another. Here nothing is negotiated: what both configure is hashed into the first
keys, so that sides which differ in any of it understand nothing of each other (PROTOCOL §3.2, §4.2).
"""

import dataclasses

import pytest

from framework import ChannelError, Suite, open_channel, serve
from framework.aio import ChannelStream
from framework.events import FailureReason
from framework.limits import Limits
from framework.registry import Registry
from tests.attacks.hostile_proxy import HostileProxy
from tests.attacks.scene import CTR, DES3, GCM, Scene, Stage, fails_silently

MALFORMED, AUTHENTICATION = FailureReason.MALFORMED, FailureReason.AUTHENTICATION

OTHER_LIMITS = {
    "max_inner": Limits(max_inner=65_536 - 256),
    "epoch_limit": Limits(epoch_limit=2**20),
    "skew_ms": Limits(skew_ms=30_001),
    "pad_quantum": Limits(pad_quantum=128),
}


async def refused(scene: Scene, suite: Suite) -> FailureReason:
    """Let a client of another suite, with the bank's right key, try; the bank says nothing, and logs why."""
    seen = len(scene.failures())
    with pytest.raises(ChannelError) as raised:
        await scene.open_session(suite=suite)
    assert raised.value.reason == FailureReason.CONNECTION
    line = await scene.proxy.next_line()
    assert line.bank.byte_count == 0
    assert len(scene.failures()) == seen + 2
    [reason] = scene.failures_at_bank(line.bank)
    return reason


@pytest.mark.parametrize(("banks", "clients"), [(CTR, GCM), (GCM, CTR)])
async def test_one_key_two_suites(stage: Stage, registry: Registry, banks: str, clients: str) -> None:
    async with stage(banks) as scene:
        assert await refused(scene, Suite.parse(clients, registry)) is MALFORMED


async def test_same_sizes_other_cipher(stage: Stage, registry: Registry) -> None:
    """Triple DES and AES under the same key exchange and MAC: only their names tell them apart."""
    async with stage("des3-x25519-hmac") as scene:
        assert await refused(scene, Suite.parse(CTR, registry)) is AUTHENTICATION


@pytest.mark.parametrize("suite", [DES3, CTR])
async def test_every_parameter(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        for parameter, limits in OTHER_LIMITS.items():
            other = dataclasses.replace(scene.suite, limits=limits)
            assert await refused(scene, other) is AUTHENTICATION, parameter


@pytest.mark.parametrize("names", [("other", "bank"), ("suitecase-bank", "other"), ("suitecase-ban", "kbank")])
async def test_other_application_or_name(registry: Registry, names: tuple[str, str]) -> None:
    suite = Suite.parse(CTR, registry)
    key_pair = suite.key_exchange.generate_key_pair()

    async def handle(_: ChannelStream) -> None:
        raise AssertionError("no channel may come about")

    async with (
        await serve(
            handle, "127.0.0.1", 0, suite, key_pair, application="suitecase-bank", server_name="bank"
        ) as server,
        HostileProxy(*server.address) as proxy,
    ):
        with pytest.raises(ChannelError) as raised:
            await open_channel(*proxy.address, suite, key_pair.public_key, application=names[0], server_name=names[1])
        assert raised.value.reason == FailureReason.CONNECTION
        line = await proxy.next_line()
        assert line.bank.byte_count == 0


@pytest.mark.parametrize("suite", [CTR])
async def test_m1_recorded_under_other_parameters(stage: Stage, suite: str) -> None:
    """A genuine M1 for the same key and another descriptor: even a bank that misuses its key takes none of it."""
    async with stage(suite) as scene:
        weaker = dataclasses.replace(scene.suite, limits=Limits(skew_ms=3_600_000))
        strong, scene.suite = scene.suite, weaker
        m1 = scene.client_channel().data_to_send()
        scene.suite = strong
        bank = await scene.proxy.dial()
        await fails_silently(bank, lambda: bank.give(m1))
        assert scene.failures_at_bank(bank) == [AUTHENTICATION]
