"""Broken on purpose: plugins whose flaws the checks in `checks/bulk_cipher/answers.py` find."""

from hashlib import shake_128
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.decrepit.ciphers.modes import OFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256

from tests.zoo.bulk_cipher.genuine import Aes, Library, Stream


class Rc4(Aes):
    """RC4 of key and IV: its second byte is zero twice too often."""

    found_by = ("CIP-51",)

    def piece(self, stream: Stream, size: int) -> bytes:
        if stream.extra is None:
            seed = shake_128(stream.key + stream.iv).digest(16)
            stream.extra = Cipher(ARC4(seed), mode=None).encryptor()
        keystream: bytes = stream.extra.update(bytes(size))
        return keystream


class OutputFeedback(Library):
    """OFB under the name of CTR."""

    found_by = ("CIP-51",)
    info = Aes.info
    key_size, iv_size, max_bytes_per_key = 32, 16, 2**36

    def start(self, key: bytes, iv: bytes) -> Any:
        return Cipher(AES256(key), OFB(iv)).encryptor()


class CountsFromOne(Aes):
    """The first counter block is IV + 1."""

    found_by = ("CIP-51",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        return super().counters(iv, first + 1, count)


class LittleEndianCounter(Aes):
    """Counts little-endian."""

    found_by = ("CIP-51",)

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        start = int.from_bytes(iv, "little")
        return b"".join(((start + n) % 2**128).to_bytes(16, "little") for n in range(first, first + count))


class KeyReversed(Aes):
    """Reads the key from its end."""

    found_by = ("CIP-51",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return super().blocks(key[::-1], iv, first, count)


class BlocksSwapped(Aes):
    """Gives the halves of each block in the other order."""

    found_by = ("CIP-51",)

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        stream = super().blocks(key, iv, first, count)
        return b"".join(stream[at + 8 : at + 16] + stream[at : at + 8] for at in range(0, len(stream), 16))


class AlikeAnswers(Aes):
    """Right, but with known answers that miss keys, IVs and sizes."""

    found_by = ("CIP-52",)
    vectors = "tests/zoo/few_answers.json"
