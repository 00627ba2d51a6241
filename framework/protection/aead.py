"""An AEAD as the protection of records (PROTOCOL §6.3)."""

from dataclasses import dataclass

from framework.errors import VerificationError
from framework.events import FailureReason
from framework.info import PrimitiveInfo
from framework.kdf import expand_label
from framework.kinds.aead import GuardedAead
from framework.protection.interface import Opener, Sealer
from framework.secret import Secret
from framework.violation import ProtocolViolation


@dataclass(frozen=True)
class AeadProtection:
    """An AEAD behind the guard, and the nonces for it."""

    aead: GuardedAead

    @property
    def primitives(self) -> tuple[PrimitiveInfo, ...]:
        """What the AEAD says of itself."""
        return (self.aead.info,)

    @property
    def tag_size(self) -> int:
        """Bytes in a tag of the AEAD."""
        return self.aead.tag_size

    @property
    def key_limit(self) -> int:
        """Records that the AEAD allows one key."""
        return self.aead.max_records_per_key

    @property
    def counts_bytes(self) -> bool:
        """An AEAD's limit counts records."""
        return False

    def sealer(self, secret: Secret) -> Sealer:
        """Key the sending side."""
        return _Keyed(self.aead, secret)

    def opener(self, secret: Secret) -> Opener:
        """Key the receiving side, which takes the same keys."""
        return _Keyed(self.aead, secret)


class _Keyed:
    __slots__ = ("_iv", "_nonce_size", "_open", "_seal")

    def __init__(self, aead: GuardedAead, secret: Secret) -> None:
        key = expand_label(secret.expose(), "key", b"", aead.key_size)
        iv = expand_label(secret.expose(), "iv", b"", aead.nonce_size)
        context = aead.context(key)
        self._seal, self._open = context.seal, context.open
        self._iv = int.from_bytes(iv)
        self._nonce_size = aead.nonce_size

    def _nonce(self, sequence: int) -> bytes:
        return (self._iv ^ sequence).to_bytes(self._nonce_size)

    def seal(self, sequence: int, ad: bytes, plaintext: bytes) -> bytes:
        return self._seal(self._nonce(sequence), plaintext, ad)

    def open(self, sequence: int, ad: bytes, body: bytes) -> bytes:
        try:
            return self._open(self._nonce(sequence), body, ad)
        except VerificationError:
            raise ProtocolViolation(FailureReason.AUTHENTICATION, "a record that does not verify") from None
