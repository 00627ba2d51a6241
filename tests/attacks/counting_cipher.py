"""A spy at the keys: a bulk cipher that notes every block it encrypts."""

import dataclasses

from framework import BulkCipher, Encryptor, Suite
from framework.kinds.bulk_cipher import GuardedBulkCipher
from framework.protection import EncryptThenMac
from plugins.des3 import TripleDes
from tests.support.peers import AesCtr


def counting(suite: Suite) -> tuple[Suite, "CountingCipher"]:
    """The same suite, with the spy in the place of its cipher, Triple DES or AES."""
    if not isinstance(suite.protection, EncryptThenMac):
        raise TypeError("a suite of a bulk cipher and a MAC is due")
    ours = suite.protection.cipher.info.name == "des3"
    cipher = CountingCipher(TripleDes(), 8) if ours else CountingCipher(AesCtr(), 16)
    protection = EncryptThenMac(GuardedBulkCipher(cipher, "spy"), suite.protection.mac)
    return dataclasses.replace(suite, protection=protection), cipher


class CountingCipher:
    """A bulk cipher that notes, for every block it encrypts, under which key and with which counter."""

    def __init__(self, cipher: BulkCipher, block_size: int) -> None:
        self._cipher = cipher
        self.block_size = block_size
        self.info = cipher.info
        self.key_size, self.iv_size = cipher.key_size, cipher.iv_size
        self.max_bytes_per_key = cipher.max_bytes_per_key
        self.decryptor, self.check_key = cipher.decryptor, cipher.check_key
        self.keys: list[bytes] = []
        self.blocks: list[tuple[bytes, int]] = []

    def encryptor(self, key: bytes, iv: bytes) -> Encryptor:
        self.keys.append(key)
        return _CountingEncryptor(self, self._cipher.encryptor(key, iv), key, int.from_bytes(iv))

    def note(self, key: bytes, start: int, size: int, iv: int) -> None:
        """Note the blocks of which `size` bytes from `start` on take the first byte; none is begun in two records."""
        first, last = -(-start // self.block_size), -(-(start + size) // self.block_size)
        self.blocks += [(key, (iv + block) % 2 ** (8 * self.block_size)) for block in range(first, last)]


class _CountingEncryptor:
    def __init__(self, owner: CountingCipher, encryptor: Encryptor, key: bytes, iv: int) -> None:
        self._owner, self._encryptor, self._key, self._iv = owner, encryptor, key, iv
        self._position = 0

    def encrypt(self, record: bytes) -> bytes:
        self._owner.note(self._key, self._position, len(record), self._iv)
        self._position += len(record)
        return self._encryptor.encrypt(record)
