"""Attack 30: everything is recorded today, and the bank's private key is stolen later.

With Heartbleed (CVE-2014-0160) whoever had kept TLS without forward secrecy could read it all. A correct system mixes
in a key that both sides have erased by then: the thief reads the first message, which holds a public key and a time,
and nothing else (PROTOCOL §4.4, §5).
"""

from typing import NamedTuple

import pytest

from app.protocol.names import APPLICATION, SERVER_NAME
from framework.fault import Fault
from framework.frame import FrameType
from framework.handshake.key_schedule import (
    initial_chaining_key,
    message_key,
    mix_hash,
    mix_key,
    traffic_secrets,
)
from framework.handshake.messages import M1, M2, M3, field_sizes, split
from framework.handshake.parties import Context, open_message
from framework.record.direction import RecordReader
from framework.secret import Secret
from tests.attacks.hostile_proxy import HEADER, Line
from tests.attacks.scene import CTR, DES3, GCM, Scene, Stage, now_ms, withdraw


class Thief(NamedTuple):
    """What a recording and the bank's private key give together."""

    scene: Scene
    line: Line
    h2: bytes
    ck1: Secret
    payload: bytes
    """What M1 has sealed: the ephemeral public key and the time."""

    @classmethod
    def of(cls, scene: Scene, line: Line) -> "Thief":
        suite, (header, body) = scene.suite, cut(line.client.frames[0])
        m1 = M1(*split(body, field_sizes(suite, FrameType.M1)))
        shared_secret = suite.key_exchange.decapsulate(scene.key_pair.private_key, m1.ciphertext)
        h0 = Context(suite, scene.key_pair.public_key, APPLICATION, SERVER_NAME, bytes).initial_hash()
        h1 = mix_hash(h0, header, m1.nonce, m1.ciphertext)
        ck1 = mix_key(initial_chaining_key(h0), shared_secret)
        payload = open_message(suite, message_key(ck1, "m1", h1), h1, m1.sealed)
        return cls(scene, line, mix_hash(h1, m1.sealed), ck1, payload)

    def second_secret(self, private_key: bytes) -> bytes:
        """What ctE holds for the owner of this key."""
        m2 = M2(*split(cut(self.line.bank.frames[0])[1], field_sizes(self.scene.suite, FrameType.M2)))
        return self.scene.suite.key_exchange.decapsulate(private_key, m2.ciphertext)

    def read(self, ck2: Secret) -> bytes:
        """All that the client has said, if this is the second chaining key. Raises Fault."""
        suite, (header, body) = self.scene.suite, cut(self.line.bank.frames[0])
        m2 = M2(*split(body, field_sizes(suite, FrameType.M2)))
        h3 = mix_hash(self.h2, header, m2.nonce, m2.ciphertext)
        open_message(suite, message_key(ck2, "m2", h3), h3, m2.sealed)
        m3 = M3(cut(self.line.client.frames[1])[1])
        h5 = mix_hash(mix_hash(h3, m2.sealed), m3.sealed)
        reader = RecordReader(suite, traffic_secrets(ck2, h5).client_to_server, 0)
        return b"".join(reader.read(record, now_ms()).data for record in self.line.client.frames[2:])


def cut(frame: bytes) -> tuple[bytes, bytes]:
    return frame[: HEADER.size], frame[HEADER.size :]


@pytest.mark.parametrize("suite", [DES3, CTR, GCM])
async def test_thief_of_the_banks_key_reads_nothing(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        kex = scene.suite.key_exchange
        ephemeral = kex.generate_key_pair()
        session = await scene.open_session(take_ephemeral=lambda: ephemeral)
        line = await scene.proxy.next_line()
        await session.show_card()
        await session.ask(withdraw(10_00))

        thief = Thief.of(scene, line)
        assert thief.payload.startswith(ephemeral.public_key)
        stolen = (scene.key_pair.private_key, kex.generate_key_pair().private_key, bytes(kex.private_key_size))
        guesses = [b"", bytes(32), thief.ck1.expose(), *map(thief.second_secret, stolen)]
        for ck2 in (thief.ck1, *(mix_key(thief.ck1, guess) for guess in guesses)):
            with pytest.raises(Fault):
                thief.read(ck2)
        # The control: the key that the client has erased by now opens everything.
        assert b'"amount":1000' in thief.read(mix_key(thief.ck1, thief.second_secret(ephemeral.private_key)))
