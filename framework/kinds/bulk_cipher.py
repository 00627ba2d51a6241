"""Bulk ciphers, which keep the length. Every size is in bytes and a constant of the primitive."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from framework.errors import STRANGE, InvalidKeyError
from framework.info import PrimitiveInfo
from framework.kinds.guarding import Guarded, blame, check_output, check_size, method_of, taking_views
from framework.kinds.kind import DERIVED_SIZES, KEY_LIMITS, Kind


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


Stream = Callable[[bytes | memoryview], bytes]
"""A length-preserving call, which takes each record of a direction in turn."""


def _stream(owner: str, call: str, inner: Stream) -> Stream:
    """Guard such a call; a closure, for it stands on the path of every record."""

    def guarded(record: bytes | memoryview) -> bytes:
        try:
            out = inner(record)
        except STRANGE as error:
            blame(owner, call, error)
        if type(out) is not bytes or len(out) != len(record):
            check_output(owner, call, out, len(record))
        return out

    return guarded


class GuardedEncryptor:
    """An encryptor behind the guard."""

    __slots__ = ("encrypt",)

    def __init__(self, inner: Encryptor, owner: str) -> None:
        self.encrypt = _stream(owner, "encrypt", method_of(owner, "encryptor", inner, "encrypt(record)"))


class GuardedDecryptor:
    """A decryptor behind the guard. `decrypt` takes memoryviews of bytes as well."""

    __slots__ = ("decrypt",)

    def __init__(self, inner: Decryptor, owner: str, info: PrimitiveInfo) -> None:
        decrypt = method_of(owner, "decryptor", inner, "decrypt(record)")
        self.decrypt = _stream(owner, "decrypt", taking_views(decrypt, info))


class GuardedBulkCipher(Guarded[BulkCipher]):
    """A bulk cipher behind the guard; an implementation of `BulkCipher` itself."""

    def __init__(self, primitive: BulkCipher, plugin: str) -> None:
        super().__init__(primitive, plugin)
        self.key_size = primitive.key_size
        self.iv_size = primitive.iv_size
        self.max_bytes_per_key = primitive.max_bytes_per_key

    def encryptor(self, key: bytes, iv: bytes) -> GuardedEncryptor:
        """As `BulkCipher.encryptor`; both lengths are checked here."""
        check_size("key", key, self.key_size)
        check_size("IV", iv, self.iv_size)
        return GuardedEncryptor(self._call("encryptor", self._primitive.encryptor, key, iv), self._owner)

    def decryptor(self, key: bytes, iv: bytes) -> GuardedDecryptor:
        """As `BulkCipher.decryptor`; both lengths are checked here."""
        check_size("key", key, self.key_size)
        check_size("IV", iv, self.iv_size)
        inner = self._call("decryptor", self._primitive.decryptor, key, iv)
        return GuardedDecryptor(inner, self._owner, self.info)

    def check_key(self, key: bytes) -> None:
        """As `BulkCipher.check_key`."""
        self._call("check_key", self._primitive.check_key, key, allow=InvalidKeyError)


BULK_CIPHER = Kind(
    name="bulk-cipher",
    words="bulk cipher",
    hook="register_bulk_ciphers",
    interface=BulkCipher,
    guard=GuardedBulkCipher,
    claims=MappingProxyType({"key_size": DERIVED_SIZES, "iv_size": DERIVED_SIZES, "max_bytes_per_key": KEY_LIMITS}),
    namespace="encryption",  # which begins a suite's name (PROTOCOL §3.1)
)
