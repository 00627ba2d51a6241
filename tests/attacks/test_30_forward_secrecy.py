"""Attack 30: everything is recorded today, and the bank's private key is stolen later.

With Heartbleed (CVE-2014-0160) whoever had kept TLS without forward secrecy could read it all. A correct system mixes
in a key that both sides have erased by then: the thief reads the first message, which holds a public key and a time,
and nothing else (PROTOCOL §4.4, §5).
"""

from typing import NamedTuple

import pytest

from app.protocol.names import APPLICATION, SERVER_NAME
from framework.frame import FrameType
from framework.handshake.context import Context
from framework.handshake.key_schedule import (
    initial_chaining_key,
    message_key,
    mix_hash,
    mix_key,
    traffic_secrets,
)
from framework.record.direction import RecordReader
from framework.secret import Secret
from framework.violation import ProtocolViolation
from tests.attacks.hostile_proxy import HEADER, Line
from tests.attacks.scene import CTR, DES3, GCM, Scene, Stage, now_ms, withdraw
from tests.support.handshakes import fields


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
        _, nonce, ciphertext, sealed = fields(suite, FrameType.M1, body)
        shared_secret = suite.key_exchange.decapsulate(scene.key_pair.private_key, ciphertext)
        h0 = Context(suite, scene.key_pair.public_key, APPLICATION, SERVER_NAME, bytes).initial_hash()
        h1 = mix_hash(h0, header, nonce, ciphertext)
        ck1 = mix_key(initial_chaining_key(h0), shared_secret)
        payload = suite.protection.opener(message_key(ck1, "m1", h1)).open(0, h1, sealed)
        return cls(scene, line, mix_hash(h1, sealed), ck1, payload)

    def second_secret(self, private_key: bytes) -> bytes:
        """What ctE holds for the owner of this key."""
        _, ciphertext, _ = fields(self.scene.suite, FrameType.M2, cut(self.line.bank.frames[0])[1])
        return self.scene.suite.key_exchange.decapsulate(private_key, ciphertext)

    def read(self, ck2: Secret) -> bytes:
        """All that the client has said, if this is the second chaining key. Raises ProtocolViolation."""
        suite, (header, body) = self.scene.suite, cut(self.line.bank.frames[0])
        nonce, ciphertext, sealed = fields(suite, FrameType.M2, body)
        h3 = mix_hash(self.h2, header, nonce, ciphertext)
        suite.protection.opener(message_key(ck2, "m2", h3)).open(0, h3, sealed)
        _, c3 = cut(self.line.client.frames[1])
        h5 = mix_hash(mix_hash(h3, sealed), c3)
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
            with pytest.raises(ProtocolViolation):
                thief.read(ck2)
        # The control: the key that the client has erased by now opens everything.
        assert b'"amount":1000' in thief.read(mix_key(thief.ck1, thief.second_secret(ephemeral.private_key)))
