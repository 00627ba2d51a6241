"""Broken on purpose: plugins whose flaws the checks in `checks/aead/long_use.py` find."""

from binascii import crc_hqx
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from framework import MisuseError, VerificationError
from tests.zoo.aead.genuine import Composed, Context, Gcm
from tests.zoo.octets import octets, xor


class SixteenBitBlocks(Composed):
    """Counts the blocks of a message in 16 bits."""

    found_by = ("AEAD-16",)

    def mix(self, key: bytes, nonce: bytes, data: bytes) -> bytes:
        ecb = Cipher(AES256(key), ECB()).encryptor()  # noqa: S305 - counter mode is made of it
        blocks = (nonce + (n & 0xFFFF).to_bytes(4) for n in range(-(-len(data) // 16)))
        return xor(data, ecb.update(b"".join(blocks)))


class TailNotCovered(Composed):
    """The tag of a message over 128 KiB covers whole blocks alone."""

    found_by = ("AEAD-16",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        covered = ciphertext[: len(ciphertext) // 16 * 16] if len(ciphertext) > 1 << 17 else ciphertext
        return super().mac(key, nonce, covered + bytes(len(ciphertext) - len(covered)), plaintext, ad)


class Remembering(Gcm):
    """Takes a nonce and a tag that it has verified before for verified."""

    found_by = ("AEAD-18",)

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return Remembers(self, octets(key))

    def unverified(self, key: bytes, nonce: bytes, ciphertext: bytes) -> bytes:
        return super().seal(key, nonce, ciphertext[:-16], b"")[:-16]


class Remembers(Context):
    __slots__ = ("last",)

    def __init__(self, owner: Gcm, key: bytes) -> None:
        super().__init__(owner, key)
        self.last: Any = None

    def open(self, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
        nonce, ciphertext = self._owner.check_nonce(nonce), octets(ciphertext)
        if self.last == (nonce, ciphertext[-16:]) and isinstance(self._owner, Remembering):
            return self._owner.unverified(self._key, nonce, ciphertext)
        opened = super().open(nonce, ciphertext, associated_data)
        self.last = nonce, ciphertext[-16:]
        return opened


class OpensOnce(Gcm):
    """Refuses what it has opened before, for a replay."""

    found_by = ("AEAD-17", "AEAD-18")

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return Once(self, octets(key))


class Once(Remembers):
    __slots__ = ()

    def open(self, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
        if self.last == (nonce, ciphertext):
            raise VerificationError
        opened = Context.open(self, nonce, ciphertext, associated_data)
        self.last = nonce, ciphertext
        return opened


class EndsAfterForgeries(Gcm):
    """Answers otherwise after fifty forgeries."""

    found_by = ("AEAD-17",)

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return CountsForgeries(self, octets(key))


class CountsForgeries(Context):
    __slots__ = ("forgeries",)

    def __init__(self, owner: Gcm, key: bytes) -> None:
        super().__init__(owner, key)
        self.forgeries = 0

    def open(self, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
        try:
            return super().open(nonce, ciphertext, associated_data)
        except (InvalidTag, VerificationError):
            self.forgeries += 1
            if self.forgeries > 50:
                raise MisuseError("too many forgeries") from None
            raise


class Slots(Gcm):
    """Prepares nonces in 2^16 slots by their checksum, and does not look whether the one in its slot is another."""

    found_by = ("AEAD-21",)

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return Prepared(self, octets(key))


class Prepared(Context):
    __slots__ = ("slots",)

    def __init__(self, owner: Gcm, key: bytes) -> None:
        super().__init__(owner, key)
        self.slots: dict[int, bytes] = {}

    def prepared(self, nonce: bytes) -> bytes:
        return self.slots.setdefault(crc_hqx(nonce, 0), nonce)

    def seal(self, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
        return super().seal(self.prepared(self._owner.check_nonce(nonce)), plaintext, associated_data)

    def open(self, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
        return super().open(self.prepared(self._owner.check_nonce(nonce)), ciphertext, associated_data)


class NoncesInOrder(Gcm):
    """Refuses, after a thousand messages, nonces that are smaller than the last one."""

    found_by = ("AEAD-21",)

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return InOrder(self, octets(key))


class InOrder(Prepared):
    __slots__ = ("count", "last")

    def __init__(self, owner: Gcm, key: bytes) -> None:
        super().__init__(owner, key)
        self.count, self.last = 0, b""

    def prepared(self, nonce: bytes) -> bytes:
        self.count, before, self.last = self.count + 1, self.last, nonce
        if self.count > 1000 and nonce < before:
            raise VerificationError
        return nonce
