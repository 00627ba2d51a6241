"""Attack 17: two messages under one keystream, after a rekey, a reconnection, a fork or the rollback of a snapshot."""

import asyncio
import dataclasses
import json
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

from framework import Channel, KeyPair, Suite
from framework.kinds.aead import GuardedAead
from framework.limits import Limits
from framework.protection import AeadProtection
from tests.attacks.attack import SERVED, Attack, expect, expect_same, rows, variants
from tests.attacks.counting_cipher import counting
from tests.attacks.network import HEADER, RECORD, frame_type
from tests.attacks.requests import CTR, DES3, GCM, check
from tests.attacks.scene import Scene
from tests.attacks.stage import Stage
from tests.support.channels import NOW, Pair, frames, open_pair, sealed
from tests.support.spies import Record, SpyAead

EPOCH = Limits(max_inner=256, epoch_limit=1024)
EPOCH_OF_RECORDS = Limits(max_inner=256, epoch_limit=4)


async def sessions_with_rekeying(scene: Scene, sessions: int, requests: int) -> list[bytes]:
    """Everything that crosses the wire in so many sessions, all of which say the same."""
    same = check()
    seen = []
    for _ in range(sessions):
        session, line = await scene.open_victim()
        for _ in range(requests):
            await session.ask(same)
        await session.stream.close()
        seen += line.client.frames + line.bank.frames
    return seen


def sessions_at_one_instant(suite: Suite, key_pair: KeyPair, sessions: int, messages: int) -> list[bytes]:
    """The same without a network, at a time that stands still: equal messages are equal plaintexts, to the last bit."""
    seen = []
    for _ in range(sessions):
        pair = open_pair(suite, key_pair=key_pair)
        for side in (pair.client, pair.server):
            for wire in sealed(side, *[b"the same"] * messages):
                seen += frames(wire)
    return seen


def no_ciphertext_twice(seen: list[bytes]) -> bool:
    """No sixteen bytes of ciphertext, at any multiple of eight, are to be seen twice."""
    bodies = [each[HEADER.size :] for each in seen if frame_type(each) == RECORD]
    windows = [body[start : start + 16] for body in bodies for start in range(0, len(body) - 15, 8)]
    return len(windows) == len(set(windows))


async def no_counter_block_twice(stage: Stage, name: str, sessions: int, requests: int) -> None:
    suite, cipher = counting(stage.suite(name, EPOCH))
    async with stage(suite) as scene:
        seen = await sessions_with_rekeying(scene, sessions, requests)
        seen += sessions_at_one_instant(suite, scene.key_pair, sessions, requests)
    epochs_of_a_direction = (requests + 2) // 3
    expect(len(cipher.keys) >= 2 * sessions * (3 + 2 * epochs_of_a_direction), "each epoch of each direction has a key")
    expect_same(len(cipher.keys), len(set(cipher.keys)), "different keys")
    expect_same(len(cipher.blocks), len(set(cipher.blocks)), "different counter blocks")
    expect(no_ciphertext_twice(seen), "no ciphertext is to be seen twice")


async def no_nonce_twice(stage: Stage) -> None:
    spy = Record()
    suite = stage.suite(GCM, EPOCH_OF_RECORDS)
    suite = dataclasses.replace(suite, protection=AeadProtection(GuardedAead(SpyAead(spy), "spy")))
    async with stage(suite) as scene:
        seen = await sessions_with_rekeying(scene, 12, 16)
        seen += sessions_at_one_instant(suite, scene.key_pair, 12, 16)
    expect(len(spy.nonces) > 2 * 12 * 2 * 16, "each record has a nonce")
    expect_same(len(spy.nonces), len(set(spy.nonces)), "different pairs of key and nonce")
    expect(no_ciphertext_twice(seen), "no ciphertext is to be seen twice")


class Repeating:
    """Randomness out of a snapshot: every time it is rolled back, the same bytes come again."""

    def __init__(self) -> None:
        self._calls = count()

    def __call__(self, size: int) -> bytes:
        return next(self._calls).to_bytes(4).rjust(size, b"\x5a")


async def client_rolled_back_to_a_snapshot(stage: Stage, suite: str) -> None:
    """Twice the same M1, byte for byte, and the same ephemeral key; the server's part alone makes all keys others."""
    ours = stage.suite(suite)
    static, ephemeral = stage.props.static_key(ours), stage.props.ephemerals(ours)()
    (m1, *first), (same_m1, *second) = [
        handshake(
            Pair(
                Channel.client(ours, static.public_key, now=NOW, ephemeral=ephemeral, random_bytes=Repeating()),
                Channel.server(ours, static, now=NOW),
            ),
            lambda pair: pair.client,
        )
        for _ in range(2)
    ]
    expect(m1 == same_m1, "the snapshot repeats M1")
    expect(no_ciphertext_in_common(first[1:], second[1:]), "no ciphertext of the two is the same")


async def server_rolled_back_to_a_snapshot(stage: Stage, suite: str) -> None:
    """Twice the same random choices in the server; the client's part alone makes all keys others."""
    ours = stage.suite(suite)
    static, take = stage.props.static_key(ours), stage.props.ephemerals(ours)
    (_, m2, *first), (_, same_m2, *second) = [
        handshake(
            Pair(
                Channel.client(ours, static.public_key, now=NOW, ephemeral=take()),
                Channel.server(ours, static, now=NOW, random_bytes=Repeating()),
            ),
            lambda pair: pair.server,
        )
        for _ in range(2)
    ]
    nonce = slice(HEADER.size, HEADER.size + 32)
    expect(m2[nonce] == same_m2[nonce], "the snapshot repeats the nonce of M2")
    tail = slice(-48, None)
    expect(
        no_ciphertext_in_common([m2[tail], *first], [same_m2[tail], *second]), "no ciphertext of the two is the same"
    )


def handshake(pair: Pair, speaker: Callable[[Pair], Channel]) -> list[bytes]:
    """M1, M2, M3 and a record of one side's, all at one instant."""
    seen = [pair.client.data_to_send()]
    pair.server.receive_data(seen[0], NOW)
    seen.append(pair.server.data_to_send())
    pair.client.receive_data(seen[1], NOW)
    seen.append(pair.client.data_to_send())
    pair.server.receive_data(seen[2], NOW)
    return seen + sealed(speaker(pair), bytes(200))


def no_ciphertext_in_common(first: list[bytes], second: list[bytes]) -> bool:
    """No eight bytes at the same place are equal; the frames' headers do not count."""
    bodies = [(one[HEADER.size :], other[HEADER.size :]) for one, other in zip(first, second, strict=True)]
    return all(
        one[start : start + 8] != other[start : start + 8]
        for one, other in bodies
        for start in range(0, len(one) - 7, 8)
    )


FORK = """
import asyncio, hashlib, json, os, sys, threading
from app.protocol.names import APPLICATION, SERVER_NAME
from framework import MisuseError, Suite, load_registry, open_channel
from framework.aio import EphemeralPool

host, port, key, card = sys.argv[1], int(sys.argv[2]), bytes.fromhex(sys.argv[3]), sys.argv[4].encode()
suite = Suite.parse("des3-bg-hmac", load_registry())
made = threading.Semaphore(0)

class Counted:
    def generate_key_pair(self):
        pair = suite.key_exchange.generate_key_pair()
        made.release()
        return pair

async def main():
    pool = EphemeralPool(Counted(), size=2)
    stream = await open_channel(host, port, suite, key, take_ephemeral=pool.take,
                                application=APPLICATION, server_name=SERVER_NAME)
    await stream.send(card)
    await stream.receive()
    for _ in range(3):  # one was taken, and two are ready: the same that a child would take
        await asyncio.to_thread(made.acquire, timeout=60)
    await asyncio.sleep(0.05)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        found = {"key": hashlib.sha256(pool.take().public_key).hexdigest()}
        for name, use in (("send", stream.send(b"{}")), ("close", stream.close())):
            try:
                use.send(None)
                found[name] = "done"
            except StopIteration:
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


async def forked_client(stage: Stage) -> None:
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
        expect_same((found["send"], found["close"]), ("refused", "refused"), "what the child may do")
        expect(found["key"] != found["parents key"], "the child takes none of its parent's key pairs")
        expect('"balance"' in found["answer"], "the parent goes on")
        # M1, M3, card, check and close_notify: the child has put nothing on the wire.
        expect_same(len(line.client.frames), 5, "frames on the wire")
        expect_same(scene.log.failures, [], "what has failed")


ATTACK = Attack(
    17,
    "Reuse of a keystream",
    "§4, §6.4, §6.5, §8.1",
    "looks for two messages under one keystream: after a rekey, a reconnection, a fork or the rollback of a snapshot; "
    "KRACK (CVE-2017-13077) made Wi-Fi clients begin a keystream anew",
    "Every direction of every epoch of every channel, and every message of a handshake, has keys of its own. Both "
    "sides contribute, so one of them may even repeat all its random choices. A forked copy of a channel is of no use.",
    (
        *variants(no_counter_block_twice, rows("name sessions requests", (DES3, 2, 7), (CTR, 12, 16)), expected=SERVED),
        *variants(no_nonce_twice, expected=SERVED),
        *variants(client_rolled_back_to_a_snapshot, suite=(DES3, CTR, GCM), expected=SERVED),
        *variants(server_rolled_back_to_a_snapshot, suite=(DES3, CTR, GCM), expected=SERVED),
        *variants(forked_client, expected=SERVED),
    ),
)
