"""The symmetric state: a chaining key and the hash of the transcript, and all that is done with the two.

PROTOCOL §4.2 to §4.7.
"""

from framework.handshake.key_schedule import (
    TrafficSecrets,
    initial_chaining_key,
    message_key,
    mix_hash,
    mix_key,
    traffic_secrets,
)
from framework.protection import Protection


class SymmetricState:
    """Begun with h0, which binds all that both sides configure alike (PROTOCOL §4.2)."""

    def __init__(self, protection: Protection, initial_hash: bytes) -> None:
        self._protection = protection
        self._transcript = initial_hash
        self._chaining_key = initial_chaining_key(initial_hash)

    def mix_hash(self, *parts: bytes) -> None:
        """`h = H(h ‖ parts)`."""
        self._transcript = mix_hash(self._transcript, *parts)

    def mix_key(self, shared_secret: bytes) -> None:
        """`ck = Ext(ck, ss)`; the old chaining key is overwritten (PROTOCOL §4.6)."""
        before = self._chaining_key
        self._chaining_key = mix_key(before, shared_secret)
        before.wipe()

    def seal(self, label: str, plaintext: bytes) -> bytes:
        """`C = Seal(XL(ck, label, h, 32), h, p)` and `h = H(h ‖ C)` (PROTOCOL §4.7)."""
        key = message_key(self._chaining_key, label, self._transcript)
        sealed = self._protection.sealer(key).seal(0, self._transcript, plaintext)
        self.mix_hash(sealed)
        return sealed

    def open(self, label: str, sealed: bytes) -> bytes:
        """The inverse of `seal`. Raises ProtocolViolation."""
        key = message_key(self._chaining_key, label, self._transcript)
        plaintext = self._protection.opener(key).open(0, self._transcript, sealed)
        self.mix_hash(sealed)
        return plaintext

    def traffic_secrets(self) -> TrafficSecrets:
        """What the handshake yields when its last message is mixed in (PROTOCOL §4.6)."""
        return traffic_secrets(self._chaining_key, self._transcript)

    def wipe(self) -> None:
        """Overwrite the chaining key (PROTOCOL §4.6)."""
        self._chaining_key.wipe()
