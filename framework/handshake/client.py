"""The client's two steps: make M1; read M2 and make M3 (PROTOCOL §4.3 to §4.6)."""

from dataclasses import dataclass

from framework.frame import FrameType
from framework.handshake.key_schedule import (
    initial_chaining_key,
    mac1,
    message_key,
    mix_hash,
    mix_key,
    traffic_secrets,
)
from framework.handshake.messages import (
    M2,
    PAYLOAD_1_SIZE,
    PAYLOAD_SIZE,
    encode_payload,
    field_sizes,
    parse_payload,
    split,
)
from framework.handshake.parties import Completed, Context, open_message, seal_message
from framework.kinds.key_exchange import KeyPair
from framework.record.direction import check_time
from framework.secret import Secret


@dataclass(frozen=True, repr=False)
class AwaitingM2:
    """The client after M1: the transcript h2, the chaining key ck1, and the ephemeral private key."""

    context: Context
    h2: bytes
    ck1: Secret
    ephemeral: KeyPair
    timestamp: int

    def wipe(self) -> None:
        """Overwrite the chaining key; the ephemeral key is dropped with this object (PROTOCOL §4.6)."""
        self.ck1.wipe()


def make_m1(context: Context, ephemeral: KeyPair, now: int) -> tuple[bytes, AwaitingM2]:
    """Give M1's frame and the state that awaits M2. Raises InvalidKeyError for a server key that is refused."""
    suite, header = context.suite, context.header(FrameType.M1)
    nonce = context.nonce()
    to_server = suite.key_exchange.encapsulate(context.server_public_key, random_bytes=context.random_bytes)
    h0 = context.initial_hash()
    h1 = mix_hash(h0, header, nonce, to_server.ciphertext)
    ck1 = mix_key(initial_chaining_key(h0), to_server.shared_secret)
    payload = ephemeral.public_key + encode_payload(now, PAYLOAD_1_SIZE)
    sealed = seal_message(suite, message_key(ck1, "m1", h1), h1, payload)
    filtered = (header, nonce, to_server.ciphertext, sealed)
    frame = header + mac1(context.server_public_key, *filtered) + nonce + to_server.ciphertext + sealed
    return frame, AwaitingM2(context, mix_hash(h1, sealed), ck1, ephemeral, now)


def read_m2(state: AwaitingM2, header: bytes, body: bytes, now: int) -> tuple[bytes, Completed]:
    """Give M3's frame and the secrets. Raises Fault: then the server has not proved itself."""
    context, suite = state.context, state.context.suite
    m2 = M2(*split(body, field_sizes(suite, FrameType.M2)))
    shared_secret = suite.key_exchange.decapsulate(state.ephemeral.private_key, m2.ciphertext)
    h3 = mix_hash(state.h2, header, m2.nonce, m2.ciphertext)
    ck2 = mix_key(state.ck1, shared_secret)
    server_timestamp = parse_payload(open_message(suite, message_key(ck2, "m2", h3), h3, m2.sealed))
    check_time(server_timestamp, last=0, now=now, skew=suite.limits.skew_ms)
    h4 = mix_hash(h3, m2.sealed)

    timestamp = max(now, state.timestamp)
    sealed = seal_message(suite, message_key(ck2, "m3", h4), h4, encode_payload(timestamp, PAYLOAD_SIZE))
    h5 = mix_hash(h4, sealed)
    secrets = traffic_secrets(ck2, h5)
    state.ck1.wipe()
    ck2.wipe()
    return context.header(FrameType.M3) + sealed, Completed(secrets, timestamp, server_timestamp)
