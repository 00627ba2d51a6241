"""What every protection answers. Whoever uses one asks it, and does not ask which one it is."""

from typing import Protocol

from framework.info import PrimitiveInfo
from framework.secret import Secret


class Sealer(Protocol):
    """Protects the records of one epoch, in order."""

    def seal(self, sequence: int, ad: bytes, plaintext: bytes) -> bytes:
        """Give the body: `len(plaintext)` bytes and a tag."""
        ...


class Opener(Protocol):
    """Verifies and opens the records of one epoch, in order."""

    def open(self, sequence: int, ad: bytes, body: bytes) -> bytes:
        """Give the plaintext, or raise ProtocolViolation before anything is decrypted."""
        ...


class Protection(Protocol):
    """Authenticated encryption of records, made of one primitive or of two."""

    @property
    def primitives(self) -> tuple[PrimitiveInfo, ...]:
        """What encrypts, and behind it the MAC if that is a primitive of its own."""
        ...

    @property
    def tag_size(self) -> int:
        """Bytes that it adds to a plaintext."""
        ...

    @property
    def key_limit(self) -> int:
        """What one key may carry: bytes of plaintext if `counts_bytes`, else records (PROTOCOL §3.3)."""
        ...

    @property
    def counts_bytes(self) -> bool:
        """Whether `key_limit` counts bytes of plaintext; else it counts records."""
        ...

    def sealer(self, secret: Secret) -> Sealer:
        """Key the sending side of an epoch from its traffic secret (PROTOCOL §6.4)."""
        ...

    def opener(self, secret: Secret) -> Opener:
        """Key the receiving side of an epoch from its traffic secret (PROTOCOL §6.4)."""
        ...
