"""What both sides of a handshake are configured with alike, and this side's source of randomness (PROTOCOL §4.2)."""

from dataclasses import dataclass

from framework.errors import MisuseError
from framework.frame import FrameType, encode_header
from framework.handshake.key_schedule import initial_hash
from framework.info import RandomBytes
from framework.pattern import NONCE_SIZE
from framework.suite import Suite


@dataclass(frozen=True, repr=False)
class Context:
    """The suite, the server's static public key, and two names."""

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
        return encode_header(frame_type, self.suite.body_size(frame_type))
