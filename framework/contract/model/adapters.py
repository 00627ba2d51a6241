"""The plugin's methods as the checks call them: straight, not behind the framework's guard, and every result looked at.

An exception that the interface does not allow, a wrong type and a wrong length are violations wherever they show, so no
check has to ask for them. What goes wrong in the kit itself never passes through here.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from framework.contract.model.violation import Violation
from framework.errors import InvalidKeyError, SuitecaseError, VerificationError
from framework.info import RandomBytes
from framework.kinds.aead import Aead
from framework.kinds.bulk_cipher import BulkCipher
from framework.kinds.key_exchange import SHARED_SECRET_SIZE, Encapsulation, KeyExchange
from framework.kinds.key_pair import KeyPair
from framework.kinds.mac import Mac

R = TypeVar("R")

CLEAN = (SuitecaseError, TypeError, BufferError)
"""What a plugin may raise for arguments of a type or layout that it does not take."""


NAMES = {
    "authenticator": ("key",),
    "context": ("key",),
    "encryptor": ("key", "iv"),
    "decryptor": ("key", "iv"),
    "check_key": ("key",),
    "encrypt": ("record",),
    "decrypt": ("record",),
    "seal": ("nonce", "plaintext", "associated_data"),
    "open": ("nonce", "ciphertext", "associated_data"),
    "encapsulate": ("public_key",),
    "decapsulate": ("private_key", "ciphertext"),
    "check_public_key": ("public_key",),
}
"""What a finding calls the arguments; those of `tag` and `verify`, which take any number, are counted."""


def invoke(
    call: str,
    function: Callable[..., R],
    *args: object,
    allow: object = (),
    names: Sequence[str] = (),
    **keywords: object,
) -> R:
    """Call into the plugin; an exception outside `allow` is the plugin's violation, of the arguments by these names."""
    try:
        return function(*args, **keywords)
    except allow:  # type: ignore[misc] # a class or a tuple of classes, which the caller chooses
        raise
    except Exception as error:
        named = names or NAMES.get(call, ())
        counted = [f"argument_{index}" for index in range(1, len(args) + 1)]
        given = dict(zip(named if len(named) == len(args) else counted, args, strict=True))
        raise Violation(f"{call} raised {type(error).__name__}, which its interface does not allow", **given) from error


def octets(call: str, value: object, size: int | None = None) -> bytes:
    """Take what a plugin gave: exactly bytes, of this size."""
    if type(value) is not bytes:
        raise Violation(f"{call} gave {type(value).__name__} where bytes are due")
    if size is not None and len(value) != size:
        raise Violation(f"{call} gave {len(value)} bytes where {size} are due", output=value)
    return value


def refuses_key(call: str, function: Callable[..., object], *args: object) -> bool:
    """Whether the plugin answers with InvalidKeyError; any other exception is a violation."""
    try:
        invoke(call, function, *args, allow=InvalidKeyError)
    except InvalidKeyError:
        return True
    return False


class KeyedMac:
    """An authenticator."""

    def __init__(self, inner: Any, tag_size: int) -> None:
        self.inner = inner
        self._tag_size = tag_size

    def tag(self, *parts: bytes) -> bytes:
        """Tag the concatenation of the parts."""
        return octets("tag", invoke("tag", self.inner.tag, *parts), self._tag_size)

    def accepts(self, tag: bytes, *parts: bytes) -> bool:
        """Whether `verify` accepts; it must give None or raise VerificationError, nothing between."""
        try:
            verdict: object = invoke("verify", self.inner.verify, tag, *parts, allow=VerificationError)
        except VerificationError:
            return False
        if verdict is not None:
            raise Violation(f"verify gave {type(verdict).__name__} where it must raise or give None", tag=tag)
        return True


class MacAdapter:
    """A MAC under test."""

    def __init__(self, primitive: Mac) -> None:
        self.primitive = primitive
        self.key_size, self.tag_size = primitive.key_size, primitive.tag_size

    def keyed(self, key: bytes) -> KeyedMac:
        """Key it; a key of the right length must be taken."""
        return KeyedMac(invoke("authenticator", self.primitive.authenticator, key), self.tag_size)


class KeyedStream:
    """An encryptor or a decryptor."""

    def __init__(self, inner: Any, call: str) -> None:
        self.inner = inner
        self.call = call

    def __call__(self, record: bytes) -> bytes:
        """Encrypt or decrypt the next record."""
        return octets(self.call, invoke(self.call, getattr(self.inner, self.call), record), len(record))


class CipherAdapter:
    """A bulk cipher under test."""

    def __init__(self, primitive: BulkCipher) -> None:
        self.primitive = primitive
        self.key_size, self.iv_size = primitive.key_size, primitive.iv_size
        self.limit = primitive.max_bytes_per_key

    def encryptor(self, key: bytes, iv: bytes) -> KeyedStream:
        """Start encrypting."""
        return KeyedStream(invoke("encryptor", self.primitive.encryptor, key, iv), "encrypt")

    def decryptor(self, key: bytes, iv: bytes) -> KeyedStream:
        """Start decrypting."""
        return KeyedStream(invoke("decryptor", self.primitive.decryptor, key, iv), "decrypt")

    def calls_weak(self, key: bytes) -> bool:
        """Whether `check_key` refuses a key of the right length; it must give None or raise InvalidKeyError."""
        try:
            verdict: object = invoke("check_key", self.primitive.check_key, key, allow=InvalidKeyError)
        except InvalidKeyError:
            return True
        if verdict is not None:
            raise Violation(f"check_key gave {type(verdict).__name__} where it must raise or give None", key=key)
        return False


class KeyedAead:
    """An AEAD's context."""

    def __init__(self, inner: Any, tag_size: int) -> None:
        self.inner = inner
        self._tag_size = tag_size

    def seal(self, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
        """Seal."""
        sealed = invoke("seal", self.inner.seal, nonce, plaintext, associated_data)
        return octets("seal", sealed, len(plaintext) + self._tag_size)

    def open(self, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes | None:
        """Open; None when the plugin raises VerificationError."""
        try:
            opened = invoke("open", self.inner.open, nonce, ciphertext, associated_data, allow=VerificationError)
        except VerificationError:
            return None
        return octets("open", opened)


class AeadAdapter:
    """An AEAD under test."""

    def __init__(self, primitive: Aead) -> None:
        self.primitive = primitive
        self.key_size, self.nonce_size, self.tag_size = primitive.key_size, primitive.nonce_size, primitive.tag_size
        self.limit = primitive.max_records_per_key

    def context(self, key: bytes) -> KeyedAead:
        """Key it; a key of the right length must be taken."""
        return KeyedAead(invoke("context", self.primitive.context, key), self.tag_size)


class KemAdapter:
    """A key exchange under test."""

    def __init__(self, primitive: KeyExchange) -> None:
        self.primitive = primitive
        self.public_key_size, self.private_key_size = primitive.public_key_size, primitive.private_key_size
        self.ciphertext_size = primitive.ciphertext_size

    def generate(self, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        """Make a key pair, of the declared sizes."""
        pair: object = invoke(
            "generate_key_pair", self.primitive.generate_key_pair, random_bytes=random_bytes, allow=SuitecaseError
        )
        if not isinstance(pair, KeyPair):
            raise Violation(f"generate_key_pair gave {type(pair).__name__}, not a KeyPair")
        octets("generate_key_pair (public key)", pair.public_key, self.public_key_size)
        octets("generate_key_pair (private key)", pair.private_key, self.private_key_size)
        return pair

    def encapsulate(self, public_key: bytes, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        """Encapsulate; raises the plugin's own InvalidKeyError."""
        result: object = invoke(
            "encapsulate", self.primitive.encapsulate, public_key, random_bytes=random_bytes, allow=SuitecaseError
        )
        if not isinstance(result, Encapsulation):
            raise Violation(f"encapsulate gave {type(result).__name__}, not an Encapsulation")
        octets("encapsulate (ciphertext)", result.ciphertext, self.ciphertext_size)
        octets("encapsulate (shared secret)", result.shared_secret, SHARED_SECRET_SIZE)
        return result

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        """Decapsulate; of the right lengths, nothing may be raised."""
        secret = invoke("decapsulate", self.primitive.decapsulate, private_key, ciphertext)
        return octets("decapsulate", secret, SHARED_SECRET_SIZE)

    def refuses(self, public_key: bytes, *, pinned: bool) -> bool:
        """Whether `check_public_key` refuses; it must give None or raise InvalidKeyError."""
        try:
            verdict: object = invoke(
                "check_public_key", self.primitive.check_public_key, public_key, pinned=pinned, allow=InvalidKeyError
            )
        except InvalidKeyError:
            return True
        if verdict is not None:
            raise Violation(f"check_public_key gave {type(verdict).__name__} where it must raise or give None")
        return False
