"""What a plugin implements: the four kinds of primitive, each with the security notion it promises.

Every size is in bytes. Every size is a constant of the primitive: the framework checks what comes out
against it on every call (`framework.guard`).
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn, Protocol, runtime_checkable

RandomBytes = Callable[[int], bytes]
"""A source of randomness: `random_bytes(n)` gives n bytes fit for keys. The default is `secrets.token_bytes`."""

SHARED_SECRET_SIZE = 32
"""Bytes in the shared secret of every key exchange (PROTOCOL §2)."""


class Status(StrEnum):
    """What a person should know before choosing a primitive; shown wherever a suite is."""

    RECOMMENDED = "RECOMMENDED"
    LEGACY = "LEGACY"
    EXPERIMENTAL = "EXPERIMENTAL"
    BROKEN = "BROKEN"


@dataclass(frozen=True)
class PrimitiveInfo:
    """What a primitive says of itself.

    `name` is its token in a suite name, `[a-z][a-z0-9]*`; `security_bits` the claimed strength in bits;
    `reference` the document that defines it.
    """

    name: str
    title: str
    security_bits: int
    status: Status
    reference: str


class SecretValue:
    """Refuses pickling and copying: a secret leaves the process only by an explicit act of its owner."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds a secret and is never pickled or copied")


@dataclass(frozen=True, repr=False, eq=False)
class KeyPair(SecretValue):
    """A key pair of a key exchange: `public_key` and `private_key`, of the sizes the primitive declares."""

    public_key: bytes
    private_key: bytes

    def __repr__(self) -> str:
        return f"KeyPair(public_key={len(self.public_key)} bytes, private_key={len(self.private_key)} bytes)"


@dataclass(frozen=True, repr=False, eq=False)
class Encapsulation(SecretValue):
    """What `encapsulate` yields: `ciphertext` for the peer and `shared_secret`, 32 bytes, for oneself."""

    ciphertext: bytes
    shared_secret: bytes

    def __repr__(self) -> str:
        return f"Encapsulation(ciphertext={len(self.ciphertext)} bytes, shared_secret={len(self.shared_secret)} bytes)"


@runtime_checkable
class KeyExchange(Protocol):
    """A key encapsulation mechanism (KEM). Promise: IND-CCA2, with implicit rejection.

    An instance holds no state between calls and may be used from many threads at once.
    """

    @property
    def info(self) -> PrimitiveInfo: ...
    @property
    def public_key_size(self) -> int: ...
    @property
    def private_key_size(self) -> int: ...
    @property
    def ciphertext_size(self) -> int: ...

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        """Make a fresh key pair; every random choice comes from `random_bytes`."""
        ...

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        """Make a shared secret and its ciphertext for the owner of `public_key`.

        Raises InvalidKeyError for a public key that `check_public_key` refuses.
        """
        ...

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        """Recover the shared secret, 32 bytes.

        Never fails on content: a ciphertext that is not genuine gives another secret, always the same one
        for the same ciphertext. A wrong length of either argument is an InvalidKeyError.
        """
        ...

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        """Raise InvalidKeyError unless the key may be used.

        `pinned` asks for the costly checks that a key deserves which is trusted for a long time.
        """
        ...


@runtime_checkable
class Encryptor(Protocol):
    """One direction of one epoch, sending: stateful, called once a record, in order."""

    def encrypt(self, record: bytes) -> bytes:
        """Encrypt the next record; the ciphertext has the length of the record."""
        ...


@runtime_checkable
class Decryptor(Protocol):
    """One direction of one epoch, receiving: stateful, called once a record, in order."""

    def decrypt(self, record: bytes) -> bytes:
        """Decrypt the next record; the plaintext has the length of the record."""
        ...


@runtime_checkable
class BulkCipher(Protocol):
    """A length-preserving cipher. Promise: confidentiality alone (IND-CPA); the framework adds the MAC.

    `max_bytes_per_key` bounds what one key may encrypt; the framework rekeys before it is passed.
    The cipher itself may be used from many threads; an encryptor or a decryptor belongs to one.
    """

    @property
    def info(self) -> PrimitiveInfo: ...
    @property
    def key_size(self) -> int: ...
    @property
    def iv_size(self) -> int: ...
    @property
    def max_bytes_per_key(self) -> int: ...

    def encryptor(self, key: bytes, iv: bytes) -> Encryptor:
        """Start encrypting under a fresh key and IV. Raises InvalidKeyError for a wrong length of either."""
        ...

    def decryptor(self, key: bytes, iv: bytes) -> Decryptor:
        """Start decrypting under the peer's key and IV. Raises InvalidKeyError for a wrong length of either."""
        ...

    def check_key(self, key: bytes) -> None:
        """Raise InvalidKeyError for a weak key or a wrong length; for a weak one the framework derives another."""
        ...


@runtime_checkable
class Authenticator(Protocol):
    """A keyed MAC. Reusable: each call stands alone."""

    def tag(self, *parts: bytes) -> bytes:
        """Tag the concatenation of the parts."""
        ...

    def verify(self, tag: bytes, *parts: bytes) -> None:
        """Compare, in constant time, and raise VerificationError unless `tag` is the whole and right tag."""
        ...


@runtime_checkable
class Mac(Protocol):
    """A message authentication code. Promise: strong unforgeability (SUF-CMA)."""

    @property
    def info(self) -> PrimitiveInfo: ...
    @property
    def key_size(self) -> int: ...
    @property
    def tag_size(self) -> int: ...

    def authenticator(self, key: bytes) -> Authenticator:
        """Key the MAC. Raises InvalidKeyError for a wrong length."""
        ...


@runtime_checkable
class AeadContext(Protocol):
    """A keyed AEAD. Reusable; the caller never repeats a nonce."""

    def seal(self, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
        """Encrypt and authenticate; gives `len(plaintext) + tag_size` bytes."""
        ...

    def open(self, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
        """Verify, then decrypt. Raises VerificationError, and releases nothing, unless all is genuine."""
        ...


@runtime_checkable
class Aead(Protocol):
    """Authenticated encryption with associated data. Promise: IND-CPA and INT-CTXT.

    `max_records_per_key` bounds how often one key seals; the framework rekeys before it is passed.
    """

    @property
    def info(self) -> PrimitiveInfo: ...
    @property
    def key_size(self) -> int: ...
    @property
    def nonce_size(self) -> int: ...
    @property
    def tag_size(self) -> int: ...
    @property
    def max_records_per_key(self) -> int: ...

    def context(self, key: bytes) -> AeadContext:
        """Key the AEAD. Raises InvalidKeyError for a wrong length."""
        ...
