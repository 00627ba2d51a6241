"""What both steps of the handshake share: what they know before it, what it yields, and how a message is sealed."""

from dataclasses import dataclass

from framework.errors import MisuseError
from framework.frame import FrameType, encode_header
from framework.handshake.key_schedule import TrafficSecrets, initial_hash
from framework.handshake.messages import NONCE_SIZE, body_size
from framework.info import RandomBytes
from framework.secret import Secret
from framework.suite import Suite


@dataclass(frozen=True, repr=False)
class Context:
    """What is configured alike on both sides, and this side's source of randomness (PROTOCOL §4.2)."""

    suite: Suite
    server_public_key: bytes
    application: str
    server_name: str
    random_bytes: RandomBytes

    def nonce(self) -> bytes:
        """NC or nS, 32 bytes (PROTOCOL §4.3, §4.4)."""
        drawn: object = self.random_bytes(NONCE_SIZE)
        if type(drawn) is not bytes or len(drawn) != NONCE_SIZE:
            raise MisuseError(f"random_bytes({NONCE_SIZE}) must give as many bytes")
        return drawn

    def initial_hash(self) -> bytes:
        """h0 (PROTOCOL §4.2)."""
        return initial_hash(self.suite.descriptor(), self.application, self.server_name, self.server_public_key)

    def header(self, frame_type: FrameType) -> bytes:
        """The header of a handshake message: constant under one suite."""
        return encode_header(frame_type, body_size(self.suite, frame_type))


@dataclass(frozen=True, repr=False)
class Completed:
    """What a side takes from the handshake: the secrets, and the last timestamp of each direction."""

    secrets: TrafficSecrets
    client_timestamp: int
    server_timestamp: int


def seal_message(suite: Suite, key: Secret, transcript: bytes, payload: bytes) -> bytes:
    """`Seal(k, h, p)` under keys that are used once (PROTOCOL §4.7)."""
    return suite.protection.sealer(key).seal(0, transcript, payload)


def open_message(suite: Suite, key: Secret, transcript: bytes, sealed: bytes) -> bytes:
    """The inverse of `seal_message`. Raises Fault."""
    return suite.protection.opener(key).open(0, transcript, sealed)
