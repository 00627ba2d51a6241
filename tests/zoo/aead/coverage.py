"""Broken on purpose: plugins whose flaws the checks in `checks/aead/coverage.py` find."""

from tests.zoo.aead.genuine import TwoKeys


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
