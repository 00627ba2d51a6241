"""Encrypt-then-MAC (PROTOCOL §6.2). Nothing else in the project puts a cipher and a MAC together."""

from dataclasses import dataclass
from struct import Struct

from framework.errors import InvalidKeyError, PluginError, VerificationError
from framework.events import FailureReason
from framework.info import PrimitiveInfo
from framework.kdf import expand_label
from framework.kinds.bulk_cipher import GuardedBulkCipher, GuardedDecryptor, GuardedEncryptor
from framework.kinds.mac import GuardedAuthenticator, GuardedMac
from framework.limits import MAX_KEY_ATTEMPTS
from framework.protection.interface import Opener, Sealer
from framework.secret import Secret
from framework.violation import ProtocolViolation

_LENGTH = Struct(">Q")

_SHORT = 4096
"""Bytes of a body up to which a copy of it costs less than views of its parts."""


@dataclass(frozen=True)
class EncryptThenMac:
    """A bulk cipher and a MAC, each behind the guard."""

    cipher: GuardedBulkCipher
    mac: GuardedMac

    @property
    def primitives(self) -> tuple[PrimitiveInfo, ...]:
        """What the cipher says of itself, and what the MAC does."""
        return (self.cipher.info, self.mac.info)

    @property
    def tag_size(self) -> int:
        """Bytes in a tag of the MAC."""
        return self.mac.tag_size

    @property
    def key_limit(self) -> int:
        """Bytes of plaintext that the cipher allows one key."""
        return self.cipher.max_bytes_per_key

    @property
    def counts_bytes(self) -> bool:
        """A bulk cipher's limit counts bytes."""
        return True

    def sealer(self, secret: Secret) -> Sealer:
        """Key the sending side."""
        mac, encryption = self._keys(secret)
        return _Sealer(mac, self.cipher.encryptor(*encryption))

    def opener(self, secret: Secret) -> Opener:
        """Key the receiving side."""
        mac, encryption = self._keys(secret)
        return _Opener(mac, self.cipher.decryptor(*encryption))

    def _keys(self, secret: Secret) -> tuple[GuardedAuthenticator, tuple[bytes, bytes]]:
        """Derive "enc", "mac" and "iv" (PROTOCOL §6.4): the keyed MAC, and the cipher's key and IV."""
        key = _cipher_key(self.cipher, secret)
        mac_key = expand_label(secret.expose(), "mac", b"", self.mac.key_size)
        iv = expand_label(secret.expose(), "iv", b"", self.cipher.iv_size)
        return self.mac.authenticator(mac_key), (key, iv)


def _cipher_key(cipher: GuardedBulkCipher, secret: Secret) -> bytes:
    """The first key "enc" that the cipher does not call weak (PROTOCOL §6.4)."""
    for attempt in range(MAX_KEY_ATTEMPTS):
        key = expand_label(secret.expose(), "enc", bytes([attempt]) if attempt else b"", cipher.key_size)
        try:
            cipher.check_key(key)
        except InvalidKeyError:
            continue
        return key
    raise PluginError(f"plugin {cipher.plugin!r}: {cipher.info.name} calls every key weak")


class _Sealer:
    __slots__ = ("_encrypt", "_tag")

    def __init__(self, mac: GuardedAuthenticator, encryptor: GuardedEncryptor) -> None:
        self._tag = mac.tag
        self._encrypt = encryptor.encrypt

    def seal(self, sequence: int, ad: bytes, plaintext: bytes) -> bytes:  # noqa: ARG002 - the cipher counts by itself
        ciphertext = self._encrypt(plaintext)
        return ciphertext + self._tag(_LENGTH.pack(len(ad)) + ad, ciphertext)


class _Opener:
    __slots__ = ("_decrypt", "_tag_size", "_verify")

    def __init__(self, mac: GuardedAuthenticator, decryptor: GuardedDecryptor) -> None:
        self._verify = mac.verify
        self._decrypt = decryptor.decrypt
        self._tag_size = mac.tag_size

    def open(self, sequence: int, ad: bytes, body: bytes | memoryview) -> bytes:  # noqa: ARG002 - as there
        boundary = len(body) - self._tag_size
        if boundary < 0:
            raise ProtocolViolation(FailureReason.MALFORMED, "a body shorter than its tag")
        if boundary <= _SHORT:
            body = bytes(body)
        ciphertext = body[:boundary]
        try:
            self._verify(body[boundary:], _LENGTH.pack(len(ad)) + ad, ciphertext)
        except VerificationError:
            raise ProtocolViolation(FailureReason.AUTHENTICATION, "a tag that does not verify") from None
        return self._decrypt(ciphertext)
