"""What a side makes of each token that it writes, and takes from each that it reads (PROTOCOL §4.3 to §4.5)."""

from dataclasses import dataclass, field

from framework.errors import InvalidKeyError
from framework.events import FailureReason
from framework.handshake.context import Context
from framework.kinds.key_pair import KeyPair
from framework.pattern import Token
from framework.violation import ProtocolViolation


@dataclass(repr=False)
class Keys:
    """The key pairs of one side, and the ephemeral public key of the other."""

    context: Context
    static: KeyPair | None = None
    ephemeral: KeyPair | None = None
    peer_ephemeral: bytes = field(default=b"", init=False)

    def make(self, token: Token) -> tuple[bytes, bytes | None]:
        """Give the field of a token, and the shared secret that comes with it.

        Raises InvalidKeyError for a static key that the key exchange refuses, and ProtocolViolation for an ephemeral
        one, which is the peer's doing.
        """
        kex, draw = self.context.suite.key_exchange, self.context.random_bytes
        if token is Token.NONCE:
            return self.context.nonce(), None
        if token is Token.EPHEMERAL:
            return _own(self.ephemeral).public_key, None
        if token is Token.TO_SERVER:
            made = kex.encapsulate(self.context.server_public_key, random_bytes=draw)
        else:
            try:
                made = kex.encapsulate(self.peer_ephemeral, random_bytes=draw)
            except InvalidKeyError:
                reason = "an ephemeral key that the key exchange refuses"
                raise ProtocolViolation(FailureReason.AUTHENTICATION, reason) from None
        return made.ciphertext, made.shared_secret

    def take(self, token: Token, value: bytes) -> bytes | None:
        """Take the field of a token; gives the shared secret that comes with it."""
        if token is Token.NONCE:
            return None
        if token is Token.EPHEMERAL:
            self.peer_ephemeral = value
            return None
        pair = _own(self.static if token is Token.TO_SERVER else self.ephemeral)
        return self.context.suite.key_exchange.decapsulate(pair.private_key, value)


def _own(pair: KeyPair | None) -> KeyPair:
    if pair is None:  # a pattern whose tokens do not fit the sides
        raise TypeError("this side has no such key pair")
    return pair
