"""Key exchange by a key encapsulation mechanism (KEM). Every size is in bytes and a constant of the primitive."""

import secrets
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from framework.errors import InvalidKeyError, PluginError
from framework.info import PrimitiveInfo, RandomBytes
from framework.kinds.guarding import Guarded, check_output, check_size
from framework.kinds.key_pair import KeyPair, check_key_pair
from framework.kinds.kind import Kind
from framework.secret import SecretValue

SHARED_SECRET_SIZE = 32
"""Bytes in the shared secret of every key exchange (PROTOCOL §2)."""

FIELD_SIZES = range(1, 2**24 + 1)
"""Bytes in a field of a handshake message: what a peer can make us hold (PROTOCOL §4)."""


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


class GuardedKeyExchange(Guarded[KeyExchange]):
    """A KEM behind the guard; an implementation of `KeyExchange` itself."""

    def __init__(self, primitive: KeyExchange, plugin: str) -> None:
        super().__init__(primitive, plugin)
        self.public_key_size = primitive.public_key_size
        self.private_key_size = primitive.private_key_size
        self.ciphertext_size = primitive.ciphertext_size

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        """As `KeyExchange.generate_key_pair`, with both keys' types and sizes checked."""
        pair = self._call("generate_key_pair", self._primitive.generate_key_pair, random_bytes=random_bytes)
        check_key_pair(self._owner, pair, self.public_key_size, self.private_key_size)
        return pair

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        """As `KeyExchange.encapsulate`, with both results' types and sizes checked."""
        result = self._call(
            "encapsulate",
            self._primitive.encapsulate,
            public_key,
            random_bytes=random_bytes,
            allow=InvalidKeyError,
        )
        if not isinstance(result, Encapsulation):
            raise PluginError(f"{self._owner}: encapsulate gave {type(result).__name__}, not an Encapsulation")
        check_output(self._owner, "encapsulate (ciphertext)", result.ciphertext, self.ciphertext_size)
        check_output(self._owner, "encapsulate (shared secret)", result.shared_secret, SHARED_SECRET_SIZE)
        return result

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        """As `KeyExchange.decapsulate`; both lengths are checked here, so nothing else may be raised."""
        check_size("private key", private_key, self.private_key_size)
        check_size("ciphertext", ciphertext, self.ciphertext_size)
        secret = self._call("decapsulate", self._primitive.decapsulate, private_key, ciphertext)
        check_output(self._owner, "decapsulate", secret, SHARED_SECRET_SIZE)
        return secret

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        """As `KeyExchange.check_public_key`, with the length checked here too."""
        check_size("public key", public_key, self.public_key_size)
        self._call(
            "check_public_key", self._primitive.check_public_key, public_key, pinned=pinned, allow=InvalidKeyError
        )


KEY_EXCHANGE = Kind(
    name="key-exchange",
    words="key exchange",
    hook="register_key_exchanges",
    interface=KeyExchange,
    guard=GuardedKeyExchange,
    claims=MappingProxyType(
        {"public_key_size": FIELD_SIZES, "private_key_size": FIELD_SIZES, "ciphertext_size": FIELD_SIZES}
    ),
    namespace="key exchange",
)
