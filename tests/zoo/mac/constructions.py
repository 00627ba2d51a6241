"""Broken on purpose: plugins whose flaws the checks in `checks/mac/constructions.py` find."""

from hashlib import sha256, sha512

from cryptography.hazmat.primitives.poly1305 import Poly1305

from framework import PrimitiveInfo, Status
from tests.zoo.mac.genuine import Hmac


class SecretPrefix(Hmac):
    """SHA-256(key ‖ message)."""

    found_by = ("MAC-41",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return sha256(key + message).digest()


class SecretSuffix(Hmac):
    """SHA-256(message ‖ key)."""

    found_by = ("MAC-41",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return sha256(message + key).digest()


class NoKeyAtAll(Hmac):
    """SHA-512 of the message, cut."""

    found_by = ("MAC-41", "MAC-21")

    def compute(self, key: bytes, message: bytes) -> bytes:
        return sha512(message).digest()[:32]


class KeyOnTop(Hmac):
    """SHA-256 of the message, the key XORed on."""

    found_by = ("MAC-41", "MAC-42")

    def compute(self, key: bytes, message: bytes) -> bytes:
        return bytes(a ^ b for a, b in zip(sha256(message).digest(), key, strict=True))


class KeyOnTopOfTwice(Hmac):
    """SHA-256 of SHA-256 of the message and its length, the key XORed on."""

    found_by = ("MAC-42",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        inner = sha256(sha256(message).digest() + len(message).to_bytes(8)).digest()
        return bytes(a ^ b for a, b in zip(inner, key, strict=True))


class KeyXorMessage(Hmac):
    """Hashes key XOR message, extended by both lengths."""

    found_by = ("MAC-42",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        width = max(len(key), len(message))
        both = int.from_bytes(key.ljust(width, b"\0")) ^ int.from_bytes(message.ljust(width, b"\0"))
        return sha256(sha256(both.to_bytes(width)).digest() + len(message).to_bytes(8)).digest()


class OneTimeForAll(Hmac):
    """Poly1305 with one key for all messages."""

    found_by = ("MAC-43",)
    info = PrimitiveInfo("hmac", "Poly1305", 128, Status.RECOMMENDED, "RFC 8439")
    tag_size = 16

    def compute(self, key: bytes, message: bytes) -> bytes:
        return Poly1305.generate_tag(key, message)


class PolynomialAndPad(OneTimeForAll):
    """A polynomial modulo 2^127 - 1 over big-endian blocks and the length, and a pad that is the same each time."""

    found_by = ("MAC-43",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        prime = (1 << 127) - 1
        point, pad = (int.from_bytes(sha256(name + key).digest()[:16]) % prime for name in (b"point", b"pad"))
        value = len(message) + 1
        for at in range(0, len(message), 8):
            value = (value * point + int.from_bytes(message[at : at + 8])) % prime
        return ((value * point + pad) % prime << 1).to_bytes(16)
