"""Authenticated encryption with associated data. Every size is in bytes and a constant of the primitive."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from framework.errors import STRANGE, VerificationError
from framework.info import PrimitiveInfo
from framework.kinds.guarding import Guarded, blame, check_output, check_size, method_of
from framework.kinds.kind import DERIVED_SIZES, KEY_LIMITS, MAX_DERIVED, TAG_SIZES, Kind

AeadCall = Callable[[bytes, bytes, bytes], bytes]
"""`seal` or `open` of an AEAD: nonce, plaintext or ciphertext, associated data."""


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


def _seal(owner: str, inner: AeadCall, tag_size: int) -> AeadCall:
    def guarded(nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
        try:
            sealed = inner(nonce, plaintext, associated_data)
        except STRANGE as error:
            blame(owner, "seal", error)
        if type(sealed) is not bytes or len(sealed) != len(plaintext) + tag_size:
            check_output(owner, "seal", sealed, len(plaintext) + tag_size)
        return sealed

    return guarded


def _open(owner: str, inner: AeadCall, tag_size: int) -> AeadCall:
    def guarded(nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
        if len(ciphertext) < tag_size:
            raise VerificationError
        try:
            opened = inner(nonce, ciphertext, associated_data)
        except VerificationError:
            raise VerificationError from None
        except STRANGE as error:
            blame(owner, "open", error)
        if type(opened) is not bytes or len(opened) != len(ciphertext) - tag_size:
            check_output(owner, "open", opened, len(ciphertext) - tag_size)
        return opened

    return guarded


class GuardedAeadContext:
    """A keyed AEAD behind the guard: `seal` and `open` as `AeadContext` has them, with type and size checked."""

    __slots__ = ("open", "seal")

    def __init__(self, inner: AeadContext, owner: str, tag_size: int) -> None:
        seal = method_of(owner, "context", inner, "seal(nonce, plaintext, associated_data)")
        self.open = _open(
            owner, method_of(owner, "context", inner, "open(nonce, ciphertext, associated_data)"), tag_size
        )
        self.seal = _seal(owner, seal, tag_size)


class GuardedAead(Guarded[Aead]):
    """An AEAD behind the guard; an implementation of `Aead` itself."""

    def __init__(self, primitive: Aead, plugin: str) -> None:
        super().__init__(primitive, plugin)
        self.key_size = primitive.key_size
        self.nonce_size = primitive.nonce_size
        self.tag_size = primitive.tag_size
        self.max_records_per_key = primitive.max_records_per_key

    def context(self, key: bytes) -> GuardedAeadContext:
        """As `Aead.context`; the length is checked here."""
        check_size("key", key, self.key_size)
        inner = self._call("context", self._primitive.context, key)
        return GuardedAeadContext(inner, self._owner, self.tag_size)


AEAD = Kind(
    name="aead",
    words="AEAD",
    hook="register_aeads",
    interface=Aead,
    guard=GuardedAead,
    claims=MappingProxyType(
        {
            "key_size": DERIVED_SIZES,
            "nonce_size": range(8, MAX_DERIVED + 1),  # a nonce holds the u64 of the sequence (PROTOCOL §6.3)
            "tag_size": TAG_SIZES,
            "max_records_per_key": KEY_LIMITS,
        }
    ),
    namespace="encryption",  # which begins a suite's name (PROTOCOL §3.1)
)
