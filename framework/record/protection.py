"""Encrypt-then-MAC and AEAD behind one face (PROTOCOL §6.2, §6.3), keyed for one epoch of one direction.

The same composition seals the messages of the handshake (PROTOCOL §4.7). Nothing else in the project puts a cipher
and a MAC together.
"""

from struct import Struct
from typing import Protocol

from framework.errors import InvalidKeyError, PluginError, VerificationError
from framework.events import FailureReason
from framework.fault import Fault
from framework.kdf import expand_label
from framework.kinds.aead import GuardedAead, GuardedAeadContext
from framework.kinds.bulk_cipher import GuardedBulkCipher, GuardedDecryptor, GuardedEncryptor
from framework.kinds.mac import GuardedAuthenticator
from framework.limits import MAX_KEY_ATTEMPTS
from framework.secret import Secret
from framework.suite import EncryptThenMac, Suite

_LENGTH = Struct(">Q")


class Sealer(Protocol):
    """Protects the records of one epoch, in order."""

    def seal(self, sequence: int, ad: bytes, plaintext: bytes) -> bytes:
        """Give the body: `len(plaintext)` bytes and a tag."""
        ...


class Opener(Protocol):
    """Verifies and opens the records of one epoch, in order."""

    def open(self, sequence: int, ad: bytes, body: bytes) -> bytes:
        """Give the plaintext, or raise Fault before anything is decrypted."""
        ...


def sealer(suite: Suite, secret: Secret) -> Sealer:
    """Key the sending side of an epoch from its traffic secret."""
    if isinstance(suite.protection, GuardedAead):
        return _AeadProtection(suite.protection, secret)
    mac, encryption = _encrypt_then_mac_keys(suite.protection, secret)
    return _EncryptThenMacSealer(mac, suite.protection.cipher.encryptor(*encryption))


def opener(suite: Suite, secret: Secret) -> Opener:
    """Key the receiving side of an epoch from its traffic secret."""
    if isinstance(suite.protection, GuardedAead):
        return _AeadProtection(suite.protection, secret)
    mac, encryption = _encrypt_then_mac_keys(suite.protection, secret)
    return _EncryptThenMacOpener(mac, suite.protection.cipher.decryptor(*encryption))


def _encrypt_then_mac_keys(
    protection: EncryptThenMac, secret: Secret
) -> tuple[GuardedAuthenticator, tuple[bytes, bytes]]:
    """Derive "enc", "mac" and "iv" (PROTOCOL §6.4): the keyed MAC, and the cipher's key and IV."""
    key = _cipher_key(protection.cipher, secret)
    mac_key = expand_label(secret.expose(), "mac", b"", protection.mac.key_size)
    iv = expand_label(secret.expose(), "iv", b"", protection.cipher.iv_size)
    return protection.mac.authenticator(mac_key), (key, iv)


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


class _EncryptThenMacSealer:
    __slots__ = ("_encrypt", "_tag")

    def __init__(self, mac: GuardedAuthenticator, encryptor: GuardedEncryptor) -> None:
        self._tag = mac.tag
        self._encrypt = encryptor.encrypt

    def seal(self, sequence: int, ad: bytes, plaintext: bytes) -> bytes:  # noqa: ARG002 - the cipher counts by itself
        ciphertext = self._encrypt(plaintext)
        return ciphertext + self._tag(_LENGTH.pack(len(ad)) + ad, ciphertext)


class _EncryptThenMacOpener:
    __slots__ = ("_decrypt", "_tag_size", "_verify")

    def __init__(self, mac: GuardedAuthenticator, decryptor: GuardedDecryptor) -> None:
        self._verify = mac.verify
        self._decrypt = decryptor.decrypt
        self._tag_size = mac.tag_size

    def open(self, sequence: int, ad: bytes, body: bytes) -> bytes:  # noqa: ARG002 - the cipher counts by itself
        boundary = len(body) - self._tag_size
        if boundary < 0:
            raise Fault(FailureReason.MALFORMED, "a body shorter than its tag")
        ciphertext = body[:boundary]
        try:
            self._verify(body[boundary:], _LENGTH.pack(len(ad)) + ad, ciphertext)
        except VerificationError:
            raise Fault(FailureReason.AUTHENTICATION, "a tag that does not verify") from None
        return self._decrypt(ciphertext)


class _AeadProtection:
    __slots__ = ("_iv", "_nonce_size", "_open", "_seal")

    def __init__(self, aead: GuardedAead, secret: Secret) -> None:
        key = expand_label(secret.expose(), "key", b"", aead.key_size)
        iv = expand_label(secret.expose(), "iv", b"", aead.nonce_size)
        context: GuardedAeadContext = aead.context(key)
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
            raise Fault(FailureReason.AUTHENTICATION, "a record that does not verify") from None
