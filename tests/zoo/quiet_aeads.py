"""AEADs whose flaw few inputs reach: a size that is not verified, blocks that may change places, octets as text."""

from binascii import crc_hqx
from typing import Any

from framework import VerificationError
from tests.zoo.aeads import Context, Gcm, TwoKeys, octets


class LastLetterOfKey(Gcm):
    """Folds the case of a key's last byte, where that is a letter."""

    found_by = ("AEAD-06",)

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return Context(self, octets(key)[:-1] + octets(key)[-1:].lower())


class DigitsOfKey(Gcm):
    """Takes a key that ends in four digits for one in the other byte order."""

    found_by = ("AEAD-06",)

    def context(self, key: bytes) -> Any:
        self.admit(key)
        return Context(self, octets(key)[::-1] if octets(key)[-4:].isdigit() else octets(key))


class NonceOfText(Gcm):
    """Strips white space off the nonce, as of a line in a file, and fills it up with zeros."""

    found_by = ("AEAD-06",)

    def check_nonce(self, nonce: bytes) -> bytes:
        return super().check_nonce(nonce).strip().ljust(12, b"\0")


class NonceTurned(Gcm):
    """Takes a nonce that begins with six zeros for a number in the other byte order."""

    found_by = ("AEAD-06",)

    def check_nonce(self, nonce: bytes) -> bytes:
        nonce = super().check_nonce(nonce)
        return nonce if any(nonce[:6]) or not any(nonce) else nonce[::-1]


class LineEnds(Gcm):
    """Opens a text to one with the line ends of this system."""

    found_by = ("AEAD-01",)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        plaintext = super().open(key, nonce, ciphertext, ad)
        return plaintext.replace(b"\r\n", b"\n") if plaintext.isascii() else plaintext


class BlankSealed(Gcm):
    """Opens a message of white space to nothing."""

    found_by = ("AEAD-01",)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        plaintext = super().open(key, nonce, ciphertext, ad)
        return plaintext if plaintext.strip() else b""


class BlockUnverified(TwoKeys):
    """Does not verify a message of 64 bytes, which is long enough for its own padding."""

    found_by = ("AEAD-19",)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        if len(ciphertext) == 80:
            return self.mix(key, nonce, ciphertext[:64])
        return super().open(key, nonce, ciphertext, ad)


class HeaderUnverified(TwoKeys):
    """Does not verify what comes with 13 bytes of associated data, as the header of another protocol has them."""

    found_by = ("AEAD-19",)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        if len(ad) == 13 and len(ciphertext) >= 16:
            return self.mix(key, nonce, ciphertext[:-16])
        return super().open(key, nonce, ciphertext, ad)


class LastBlockLaterOn(TwoKeys):
    """The tag of a message of whole blocks does not cover the last one, unless there is one block alone."""

    found_by = ("AEAD-19",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        size = len(ciphertext)
        covered = ciphertext[:-16] + bytes(16) if size % 16 == 0 and 16 < size < 4096 else ciphertext
        return super().mac(key, nonce, covered, plaintext, ad)


class BlocksAddedUp(TwoKeys):
    """The tag covers the sum of the ciphertext's blocks, in whatever order, and the lengths."""

    found_by = ("AEAD-20",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return super().mac(key, nonce, b"", b"", ad + added_up(ciphertext) + len(ciphertext).to_bytes(8))


class DataAddedUp(TwoKeys):
    """The tag covers the sum of the blocks of the associated data, in whatever order, and the lengths."""

    found_by = ("AEAD-20",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return super().mac(key, nonce, ciphertext, plaintext, added_up(ad) + len(ad).to_bytes(8))


def added_up(data: bytes) -> bytes:
    blocks = (int.from_bytes(data[at : at + 16].ljust(16, b"\0")) for at in range(0, len(data), 16))
    return (sum(blocks) % 2**128).to_bytes(16)


class TurnedAround(TwoKeys):
    """The tag covers the ciphertext from its end to its beginning, if that is the smaller number: once either way."""

    found_by = ("AEAD-20",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return super().mac(key, nonce, min(ciphertext, ciphertext[::-1]), plaintext, ad)


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
