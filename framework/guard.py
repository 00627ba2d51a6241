"""The check around every call into a plugin: types, lengths and exceptions, always, also under `python -O`.

A plugin's own InvalidKeyError and VerificationError pass where its interface allows them; the lengths of keys that the
framework derives are checked here, so a plugin has no reason left to refuse one. Whatever else goes wrong becomes a
PluginError that names the plugin, the call and the line, and never repeats an argument: an exception's text may
quote a key.
"""

import secrets
from collections.abc import Callable
from typing import Any, Generic, NoReturn, TypeVar

from framework.errors import STRANGE, Interruption, InvalidKeyError, PluginError, VerificationError
from framework.primitives import (
    SHARED_SECRET_SIZE,
    Aead,
    AeadContext,
    Authenticator,
    BulkCipher,
    Decryptor,
    Encapsulation,
    Encryptor,
    KeyExchange,
    KeyPair,
    Mac,
    PrimitiveInfo,
    RandomBytes,
)

P = TypeVar("P", bound=KeyExchange | BulkCipher | Mac | Aead)
R = TypeVar("R")

AeadCall = Callable[[bytes, bytes, bytes], bytes]
"""`seal` or `open` of an AEAD: nonce, plaintext or ciphertext, associated data."""


def _blame(owner: str, call: str, error: BaseException) -> NoReturn:
    if isinstance(error, Interruption):  # which came while the plugin was at work, and not from it
        raise error
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    where = ""
    if traceback is not None:
        where = f" at {traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}"
    raise PluginError(f"{owner}: {call} raised {type(error).__name__}{where}") from None


def _method(owner: str, call: str, given: object, signature: str) -> Callable[..., Any]:
    """Give the method `signature` of what a plugin's `call` gave; without it, nothing of the plugin's is used."""
    name = signature.partition("(")[0]
    try:
        method: object = getattr(given, name, None)
    except STRANGE as error:
        _blame(owner, f"looking up {name} of its {call}", error)
    if not callable(method):
        raise PluginError(f"{owner}: {call} gave {type(given).__name__}, which has no {signature}")
    return method


def _is_bytes(owner: str, call: str, value: object, size: int) -> None:
    if type(value) is not bytes:
        raise PluginError(f"{owner}: {call} gave {type(value).__name__} where bytes are due")
    if len(value) != size:
        raise PluginError(f"{owner}: {call} gave {len(value)} bytes where {size} are due")


def _has_size(what: str, value: bytes, size: int) -> None:
    if len(value) != size:
        raise InvalidKeyError(f"the {what} has {len(value)} bytes where {size} are due")


class _Guarded(Generic[P]):
    """What every guarded primitive has: the plugin's name for error messages, and the claims, read once."""

    def __init__(self, primitive: P, plugin: str) -> None:
        self._primitive: P = primitive
        self.info: PrimitiveInfo = primitive.info
        self.plugin = plugin
        self._owner = f"plugin {plugin!r} ({self.info.name})"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._owner}>"

    def _call(
        self,
        name: str,
        function: Callable[..., R],
        *args: object,
        allow: type[Exception] | tuple[()] = (),
        **keywords: object,
    ) -> R:
        try:
            return function(*args, **keywords)
        except allow:
            raise
        except STRANGE as error:
            _blame(self._owner, name, error)


class GuardedKeyExchange(_Guarded[KeyExchange]):
    """A KEM behind the guard; an implementation of `KeyExchange` itself."""

    def __init__(self, primitive: KeyExchange, plugin: str) -> None:
        super().__init__(primitive, plugin)
        self.public_key_size = primitive.public_key_size
        self.private_key_size = primitive.private_key_size
        self.ciphertext_size = primitive.ciphertext_size

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        """As `KeyExchange.generate_key_pair`, with both keys' types and sizes checked."""
        pair = self._call("generate_key_pair", self._primitive.generate_key_pair, random_bytes=random_bytes)
        if not isinstance(pair, KeyPair):
            raise PluginError(f"{self._owner}: generate_key_pair gave {type(pair).__name__}, not a KeyPair")
        _is_bytes(self._owner, "generate_key_pair (public key)", pair.public_key, self.public_key_size)
        _is_bytes(self._owner, "generate_key_pair (private key)", pair.private_key, self.private_key_size)
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
        _is_bytes(self._owner, "encapsulate (ciphertext)", result.ciphertext, self.ciphertext_size)
        _is_bytes(self._owner, "encapsulate (shared secret)", result.shared_secret, SHARED_SECRET_SIZE)
        return result

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        """As `KeyExchange.decapsulate`; both lengths are checked here, so nothing else may be raised."""
        _has_size("private key", private_key, self.private_key_size)
        _has_size("ciphertext", ciphertext, self.ciphertext_size)
        secret = self._call("decapsulate", self._primitive.decapsulate, private_key, ciphertext)
        _is_bytes(self._owner, "decapsulate", secret, SHARED_SECRET_SIZE)
        return secret

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        """As `KeyExchange.check_public_key`, with the length checked here too."""
        _has_size("public key", public_key, self.public_key_size)
        self._call(
            "check_public_key", self._primitive.check_public_key, public_key, pinned=pinned, allow=InvalidKeyError
        )


def _stream(owner: str, call: str, keyed: object) -> Callable[[bytes], bytes]:
    """Guard a length-preserving call; a closure, for it stands on the path of every record."""
    inner: Callable[[bytes], bytes] = _method(owner, f"{call}or", keyed, f"{call}(record)")

    def guarded(record: bytes) -> bytes:
        try:
            out = inner(record)
        except STRANGE as error:
            _blame(owner, call, error)
        if type(out) is not bytes or len(out) != len(record):
            _is_bytes(owner, call, out, len(record))
        return out

    return guarded


class GuardedEncryptor:
    """An encryptor behind the guard."""

    __slots__ = ("encrypt",)

    def __init__(self, inner: Encryptor, owner: str) -> None:
        self.encrypt = _stream(owner, "encrypt", inner)


class GuardedDecryptor:
    """A decryptor behind the guard."""

    __slots__ = ("decrypt",)

    def __init__(self, inner: Decryptor, owner: str) -> None:
        self.decrypt = _stream(owner, "decrypt", inner)


class GuardedBulkCipher(_Guarded[BulkCipher]):
    """A bulk cipher behind the guard; an implementation of `BulkCipher` itself."""

    def __init__(self, primitive: BulkCipher, plugin: str) -> None:
        super().__init__(primitive, plugin)
        self.key_size = primitive.key_size
        self.iv_size = primitive.iv_size
        self.max_bytes_per_key = primitive.max_bytes_per_key

    def encryptor(self, key: bytes, iv: bytes) -> GuardedEncryptor:
        """As `BulkCipher.encryptor`; both lengths are checked here."""
        _has_size("key", key, self.key_size)
        _has_size("IV", iv, self.iv_size)
        return GuardedEncryptor(self._call("encryptor", self._primitive.encryptor, key, iv), self._owner)

    def decryptor(self, key: bytes, iv: bytes) -> GuardedDecryptor:
        """As `BulkCipher.decryptor`; both lengths are checked here."""
        _has_size("key", key, self.key_size)
        _has_size("IV", iv, self.iv_size)
        return GuardedDecryptor(self._call("decryptor", self._primitive.decryptor, key, iv), self._owner)

    def check_key(self, key: bytes) -> None:
        """As `BulkCipher.check_key`."""
        self._call("check_key", self._primitive.check_key, key, allow=InvalidKeyError)


def _tag(owner: str, inner: Callable[..., bytes], size: int) -> Callable[..., bytes]:
    def guarded(*parts: bytes) -> bytes:
        try:
            tag = inner(*parts)
        except STRANGE as error:
            _blame(owner, "tag", error)
        if type(tag) is not bytes or len(tag) != size:
            _is_bytes(owner, "tag", tag, size)
        return tag

    return guarded


def _verify(owner: str, inner: Callable[..., object], size: int) -> Callable[..., None]:
    def guarded(tag: bytes, *parts: bytes) -> None:
        if len(tag) != size:
            raise VerificationError
        try:
            # A plugin is a stranger: what its signature promises is checked, not believed.
            verdict = inner(tag, *parts)
        except VerificationError:
            raise VerificationError from None
        except STRANGE as error:
            _blame(owner, "verify", error)
        if verdict is not None:
            raise PluginError(f"{owner}: verify gave {type(verdict).__name__} where it must raise or give None")

    return guarded


class GuardedAuthenticator:
    """A keyed MAC behind the guard. The length of a tag is checked here, before the plugin compares it.

    `tag` and `verify` are as `Authenticator` has them, with type and size checked; a plugin that answers with a value
    where it must raise is found out.
    """

    __slots__ = ("tag", "tag_size", "verify")

    def __init__(self, inner: Authenticator, owner: str, tag_size: int) -> None:
        tag, verify = (_method(owner, "authenticator", inner, each) for each in ("tag(*parts)", "verify(tag, *parts)"))
        self.tag = _tag(owner, tag, tag_size)
        self.verify = _verify(owner, verify, tag_size)
        self.tag_size = tag_size


class GuardedMac(_Guarded[Mac]):
    """A MAC behind the guard; an implementation of `Mac` itself."""

    def __init__(self, primitive: Mac, plugin: str) -> None:
        super().__init__(primitive, plugin)
        self.key_size = primitive.key_size
        self.tag_size = primitive.tag_size

    def authenticator(self, key: bytes) -> GuardedAuthenticator:
        """As `Mac.authenticator`; the length is checked here."""
        _has_size("key", key, self.key_size)
        inner = self._call("authenticator", self._primitive.authenticator, key)
        return GuardedAuthenticator(inner, self._owner, self.tag_size)


def _seal(owner: str, inner: AeadCall, tag_size: int) -> AeadCall:
    def guarded(nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
        try:
            sealed = inner(nonce, plaintext, associated_data)
        except STRANGE as error:
            _blame(owner, "seal", error)
        if type(sealed) is not bytes or len(sealed) != len(plaintext) + tag_size:
            _is_bytes(owner, "seal", sealed, len(plaintext) + tag_size)
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
            _blame(owner, "open", error)
        if type(opened) is not bytes or len(opened) != len(ciphertext) - tag_size:
            _is_bytes(owner, "open", opened, len(ciphertext) - tag_size)
        return opened

    return guarded


class GuardedAeadContext:
    """A keyed AEAD behind the guard: `seal` and `open` as `AeadContext` has them, with type and size checked."""

    __slots__ = ("open", "seal")

    def __init__(self, inner: AeadContext, owner: str, tag_size: int) -> None:
        seal = _method(owner, "context", inner, "seal(nonce, plaintext, associated_data)")
        self.open = _open(owner, _method(owner, "context", inner, "open(nonce, ciphertext, associated_data)"), tag_size)
        self.seal = _seal(owner, seal, tag_size)


class GuardedAead(_Guarded[Aead]):
    """An AEAD behind the guard; an implementation of `Aead` itself."""

    def __init__(self, primitive: Aead, plugin: str) -> None:
        super().__init__(primitive, plugin)
        self.key_size = primitive.key_size
        self.nonce_size = primitive.nonce_size
        self.tag_size = primitive.tag_size
        self.max_records_per_key = primitive.max_records_per_key

    def context(self, key: bytes) -> GuardedAeadContext:
        """As `Aead.context`; the length is checked here."""
        _has_size("key", key, self.key_size)
        inner = self._call("context", self._primitive.context, key)
        return GuardedAeadContext(inner, self._owner, self.tag_size)
