"""Attack 17: two messages under one keystream, after a rekey, a reconnection, a fork or the rollback of a snapshot.

KRACK (CVE-2017-13077) made Wi-Fi clients begin a keystream anew. A correct system keys every direction of every epoch
of every channel, and every message of a handshake, by itself; both sides contribute, so that one of them may even
repeat all its random choices; and a forked copy of a channel is of no use (PROTOCOL §4, §6.4, §6.5).
"""

import asyncio
import dataclasses
import json
import sys
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from app.protocol.names import APPLICATION, SERVER_NAME
from framework import Channel, HandshakeCompleted, Suite
from framework.aio.clock import ChannelClock
from framework.kinds.aead import GuardedAead
from framework.limits import Limits
from framework.protection import AeadProtection
from framework.registry import Registry
from tests.attacks.counting_cipher import counting
from tests.attacks.hostile_proxy import HEADER, RECORD, Party, frame_type
from tests.attacks.scene import CTR, DES3, GCM, Scene, Stage, check, now_ms
from tests.support.spies import Record, SpyAead

EPOCH = Limits(max_inner=256, epoch_limit=1024)
EPOCH_OF_RECORDS = Limits(max_inner=256, epoch_limit=4)


async def sessions_with_rekeying(scene: Scene, sessions: int, requests: int) -> list[bytes]:
    """Everything that crosses the wire in so many sessions, all of which say the same."""
    same = check()
    frames = []
    for _ in range(sessions):
        session, line = await scene.open_victim()
        for _ in range(requests):
            await session.ask(same)
        await session.stream.close()
        frames += line.client.frames + line.bank.frames
    return frames


def stop_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the timestamps be the same, so that equal messages are equal plaintexts."""
    instant = now_ms()
    monkeypatch.setattr(ChannelClock, "now", lambda _: instant)


def no_ciphertext_twice(frames: list[bytes]) -> bool:
    """No sixteen bytes of ciphertext, at any multiple of eight, are to be seen twice."""
    bodies = [each[HEADER.size :] for each in frames if frame_type(each) == RECORD]
    windows = [body[start : start + 16] for body in bodies for start in range(0, len(body) - 15, 8)]
    return len(windows) == len(set(windows))


@pytest.mark.parametrize(("name", "sessions", "requests"), [(DES3, 2, 7), (CTR, 12, 16)])
async def test_no_counter_block_twice(
    stage: Stage, registry: Registry, monkeypatch: pytest.MonkeyPatch, name: str, sessions: int, requests: int
) -> None:
    suite, cipher = counting(Suite.parse(name, registry, EPOCH))
    stop_the_clock(monkeypatch)
    async with stage(suite) as scene:
        frames = await sessions_with_rekeying(scene, sessions, requests)
    epochs_of_a_direction = (requests + 2) // 3
    assert len(cipher.keys) >= sessions * (3 + 2 * epochs_of_a_direction)
    assert len(cipher.keys) == len(set(cipher.keys))
    assert len(cipher.blocks) == len(set(cipher.blocks))
    assert no_ciphertext_twice(frames)


async def test_no_nonce_twice(stage: Stage, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    spy = Record()
    suite = dataclasses.replace(
        Suite.parse(GCM, registry, EPOCH_OF_RECORDS), protection=AeadProtection(GuardedAead(SpyAead(spy), "spy"))
    )
    stop_the_clock(monkeypatch)
    async with stage(suite) as scene:
        frames = await sessions_with_rekeying(scene, 12, 16)
    assert len(spy.nonces) > 12 * 2 * 16
    assert len(spy.nonces) == len(set(spy.nonces))
    assert no_ciphertext_twice(frames)


class Repeating:
    """Randomness out of a snapshot: every time it is rolled back, the same bytes come again."""

    def __init__(self) -> None:
        self._calls = count()

    def __call__(self, size: int) -> bytes:
        return next(self._calls).to_bytes(4).rjust(size, b"\x5a")


@pytest.mark.parametrize("suite", [DES3, CTR, GCM])
async def test_client_rolled_back_to_a_snapshot(stage: Stage, suite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the same M1, byte for byte, and the same ephemeral key; the bank's part alone makes all keys others.

    A bank that remembers the first refuses the second. This one was started again in between.
    """
    stop_the_clock(monkeypatch)
    async with stage(suite) as scene:
        ephemeral = scene.take_ephemeral()
        handshakes = []
        for _ in range(2):
            bank = await scene.proxy.dial()
            channel = Channel.client(
                scene.suite,
                scene.key_pair.public_key,
                now=ChannelClock().now(),
                ephemeral=ephemeral,
                application=APPLICATION,
                server_name=SERVER_NAME,
                random_bytes=Repeating(),
            )
            handshakes.append((m1 := channel.data_to_send(), *await finish(channel, bank, m1)))
            scene.forget_first_messages()
        (m1, *first), (same_m1, *second) = handshakes
        assert m1 == same_m1
        assert no_ciphertext_in_common(first, second)


@pytest.mark.parametrize("suite", [DES3, CTR, GCM])
async def test_bank_rolled_back_to_a_snapshot(stage: Stage, suite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the same random choices in the bank; the client's part alone makes all keys others."""
    stop_the_clock(monkeypatch)
    async with stage(suite) as scene:
        server = scene.bank.server
        make_channel = server._make_channel
        handshakes = []
        for _ in range(2):
            monkeypatch.setattr(server, "_make_channel", partial(make_channel, random_bytes=Repeating()))
            puppet = await scene.open_puppet()
            m2 = puppet.bank.frames[0]
            handshakes.append((m2[HEADER.size : HEADER.size + 32], m2[-48:], puppet.seal_bytes(bytes(200))))
        (nonce, *first), (same_nonce, *second) = handshakes
        assert nonce == same_nonce
        assert no_ciphertext_in_common(first, second)


async def finish(channel: Channel, bank: Party, m1: bytes) -> tuple[bytes, bytes]:
    """Complete a handshake by hand; gives M3 and a record."""
    bank.give(m1)
    assert channel.receive_data(await bank.take(), ChannelClock().now()) == [HandshakeCompleted()]
    m3 = channel.data_to_send()
    channel.send(bytes(200), ChannelClock().now())
    return m3, channel.data_to_send()


def no_ciphertext_in_common(first: list[bytes], second: list[bytes]) -> bool:
    """No eight bytes at the same place are equal; the frames' headers do not count."""
    bodies = [(one[HEADER.size :], other[HEADER.size :]) for one, other in zip(first, second, strict=True)]
    return all(
        one[start : start + 8] != other[start : start + 8]
        for one, other in bodies
        for start in range(0, len(one) - 7, 8)
    )


FORK = """
import asyncio, hashlib, json, os, sys
from app.protocol.names import APPLICATION, SERVER_NAME
from framework import MisuseError, Suite, load_registry, open_channel
from framework.aio import EphemeralPool

host, port, key, card = sys.argv[1], int(sys.argv[2]), bytes.fromhex(sys.argv[3]), sys.argv[4].encode()
suite = Suite.parse("des3-bg-hmac", load_registry())

async def main():
    pool = EphemeralPool(suite.key_exchange)
    stream = await open_channel(host, port, suite, key, take_ephemeral=pool.take,
                                application=APPLICATION, server_name=SERVER_NAME)
    await stream.send(card)
    await stream.receive()
    async with asyncio.timeout(60):
        while not pool._ready:
            await asyncio.sleep(0.05)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        found = {"key": hashlib.sha256(pool.take().public_key).hexdigest()}
        for name, use in (("send", lambda: stream._connection.send(b"{}")), ("close", stream._connection.end)):
            try:
                use()
                found[name] = "done"
            except MisuseError:
                found[name] = "refused"
        os.write(writing, json.dumps(found).encode())
        os._exit(0)
    os.waitpid(child, 0)
    found = json.loads(os.read(reading, 65536))
    found["parents key"] = hashlib.sha256(pool.take().public_key).hexdigest()
    await stream.send(b'{"type":"CHECK","id":"00000000000000000000000000000000"}')
    found["answer"] = (await stream.receive()).decode()
    pool.close()
    await stream.close()
    print(json.dumps(found))

asyncio.run(main())
"""


async def test_forked_client(stage: Stage) -> None:
    """The child of a fork can neither go on with its parent's channel nor take a key pair that its parent takes."""
    async with stage(DES3) as scene:
        host, port = scene.proxy.address
        card = json.dumps({"type": "CARD", "account": "alice", "secret": scene.cards["alice"].secret.hex()})
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-W", "ignore::DeprecationWarning", "-c", FORK),  # from 3.12 on Python warns of a fork beside threads
            *(host, str(port), scene.key_pair.public_key.hex(), card),
            stdout=asyncio.subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        output, _ = await process.communicate()
        line = await scene.proxy.next_line()
        found = json.loads(output)
        assert (found["send"], found["close"]) == ("refused", "refused")
        assert found["key"] != found["parents key"]
        assert '"balance"' in found["answer"]
        # M1, M3, card, check and close_notify: the child has put nothing on the wire.
        assert len(line.client.frames) == 5
        assert scene.failures() == []
