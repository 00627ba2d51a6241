"""The server's two steps: read M1 and make M2; read M3 (PROTOCOL §4.3 to §4.8)."""

import hmac
from dataclasses import dataclass

from framework.errors import InvalidKeyError
from framework.events import FailureReason
from framework.fault import Fault
from framework.frame import FrameType
from framework.handshake.first_messages import FirstMessages
from framework.handshake.key_schedule import (
    initial_chaining_key,
    mac1,
    message_key,
    mix_hash,
    mix_key,
    traffic_secrets,
)
from framework.handshake.messages import (
    M1,
    M3,
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
class AwaitingM1:
    """The server before anything arrived: its static key pair, and what came to its other channels."""

    context: Context
    key_pair: KeyPair
    first_messages: FirstMessages | None

    def wipe(self) -> None:
        """Nothing: the key pair is the caller's, for other channels."""


@dataclass(frozen=True, repr=False)
class ScreenedM1:
    """The server with an M1 that passed what is cheap; the costly work on it is still to be done (PROTOCOL §4.8)."""

    context: Context
    key_pair: KeyPair
    header: bytes
    m1: M1

    def wipe(self) -> None:
        """Nothing: the key pair is the caller's, and M1 went over the wire."""


@dataclass(frozen=True, repr=False)
class AwaitingM3:
    """The server after M2: the transcript h4, the chaining key ck2, and the timestamps so far."""

    context: Context
    h4: bytes
    ck2: Secret
    client_timestamp: int
    server_timestamp: int

    def wipe(self) -> None:
        """Overwrite the chaining key."""
        self.ck2.wipe()


def screen_m1(state: AwaitingM1, header: bytes, body: bytes, now: int) -> ScreenedM1:
    """Look at what costs microseconds: mac1, and whether this M1 came before (PROTOCOL §4.8). Raises Fault."""
    context = state.context
    m1 = M1(*split(body, field_sizes(context.suite, FrameType.M1)))
    expected = mac1(context.server_public_key, header, m1.nonce, m1.ciphertext, m1.sealed)
    if not hmac.compare_digest(expected, m1.mac1):
        raise Fault(FailureReason.AUTHENTICATION, "a first message that is not for this key")
    if state.first_messages is not None and not state.first_messages.is_new(m1.mac1, now):
        raise Fault(FailureReason.AUTHENTICATION, "a first message that came before")
    return ScreenedM1(context, state.key_pair, header, m1)


def answer_m1(state: ScreenedM1, now: int) -> tuple[bytes, AwaitingM3]:
    """Give M2's frame and the state that awaits M3. Raises Fault. The order of the work is PROTOCOL §4.8."""
    context, suite, header, m1 = state.context, state.context.suite, state.header, state.m1
    shared_secret = suite.key_exchange.decapsulate(state.key_pair.private_key, m1.ciphertext)
    h0 = context.initial_hash()
    h1 = mix_hash(h0, header, m1.nonce, m1.ciphertext)
    ck1 = mix_key(initial_chaining_key(h0), shared_secret)
    opened = open_message(suite, message_key(ck1, "m1", h1), h1, m1.sealed)
    size = suite.key_exchange.public_key_size
    ephemeral, client_timestamp = opened[:size], parse_payload(opened[size:])
    check_time(client_timestamp, last=0, now=now, skew=suite.limits.skew_ms)
    h2 = mix_hash(h1, m1.sealed)

    header = context.header(FrameType.M2)
    nonce = context.nonce()
    try:
        to_client = suite.key_exchange.encapsulate(ephemeral, random_bytes=context.random_bytes)
    except InvalidKeyError:
        raise Fault(FailureReason.AUTHENTICATION, "an ephemeral key that the key exchange refuses") from None
    h3 = mix_hash(h2, header, nonce, to_client.ciphertext)
    ck2 = mix_key(ck1, to_client.shared_secret)
    ck1.wipe()
    sealed = seal_message(suite, message_key(ck2, "m2", h3), h3, encode_payload(now, PAYLOAD_SIZE))
    after = AwaitingM3(context, mix_hash(h3, sealed), ck2, client_timestamp, now)
    return header + nonce + to_client.ciphertext + sealed, after


def read_m3(state: AwaitingM3, body: bytes, now: int) -> Completed:
    """Give the secrets. Raises Fault: then nobody has proved to have read M2."""
    suite = state.context.suite
    m3 = M3(body)
    opened = open_message(suite, message_key(state.ck2, "m3", state.h4), state.h4, m3.sealed)
    timestamp = parse_payload(opened)
    check_time(timestamp, last=state.client_timestamp, now=now, skew=suite.limits.skew_ms)
    secrets = traffic_secrets(state.ck2, mix_hash(state.h4, m3.sealed))
    state.ck2.wipe()
    return Completed(secrets, timestamp, state.server_timestamp)
