"""Broken on purpose: plugins whose flaws the checks in `checks/mac/answers.py` find."""

import hmac
from hashlib import sha256

from tests.zoo.mac.genuine import Hmac


class WrongInnerPad(Hmac):
    """HMAC with the inner pad 0x35 for 0x36."""

    found_by = ("MAC-51",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        padded = key.ljust(64, b"\0")
        inner = sha256(bytes(byte ^ 0x35 for byte in padded) + message).digest()
        return sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


class AnotherHash(Hmac):
    """HMAC-SHA-512, cut to 32 bytes, under the name of HMAC-SHA-256."""

    found_by = ("MAC-51",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return hmac.digest(key, message, "sha512")[:32]


class WrongBlockSize(Hmac):
    """HMAC with a block of 128 bytes over SHA-256."""

    found_by = ("MAC-51",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        padded = key.ljust(128, b"\0")
        inner = sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
        return sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


class ReversedTag(Hmac):
    """Gives the tag's bytes in the other order."""

    found_by = ("MAC-51",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message)[::-1]


class WrongForOneLength(Hmac):
    """Wrong only where the message fills its last block to the padding."""

    found_by = ("MAC-51",)

    def compute(self, key: bytes, message: bytes) -> bytes:
        return super().compute(key, message + b"\x80" if len(message) % 64 == 55 else message)


class NoAnswers(Hmac):
    """Right, but its author has supplied no known answers."""

    found_by = ("MAC-52",)
    vectors = "tests/zoo/no_such_file.json"


class FewAnswers(Hmac):
    """Right, but the known answers are three alike."""

    found_by = ("MAC-52",)
    vectors = "tests/zoo/few_answers.json"
