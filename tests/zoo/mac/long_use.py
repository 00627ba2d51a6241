"""Broken on purpose: plugins whose flaws the checks in `checks/mac/long_use.py` find."""

from collections.abc import Sequence
from typing import Any

from tests.zoo.mac.genuine import Hmac, KeyedHmac


class LastChunkTwice(Hmac):
    """Takes message[-0:] for the rest behind whole chunks of 128 KiB: the message once more."""

    found_by = ("MAC-17",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        return b"".join(chunked(bytes(part)) for part in parts if is_octets(part))


def is_octets(part: Any) -> bool:
    if not isinstance(part, bytes | bytearray | memoryview):
        raise TypeError("a part is bytes")
    return True


def chunked(part: bytes, chunk: int = 1 << 17) -> bytes:
    if len(part) < chunk:
        return part
    whole = [part[at : at + chunk] for at in range(0, len(part) - chunk + 1, chunk)]
    return b"".join([*whole, part[-(len(part) % chunk) :]])


class BufferFilledExactly(Hmac):
    """Takes a buffer of 16 KiB that one part fills to the last byte for an empty one."""

    found_by = ("MAC-17",)

    def join(self, parts: Sequence[bytes]) -> bytes:
        return super().join([part for part in parts if not is_octets(part) or memoryview(part).nbytes != 1 << 14])


class CallsComeRound(Hmac):
    """Counts calls in ten bits, and puts the count's carry into the message."""

    found_by = ("MAC-18",)

    def authenticator(self, key: bytes) -> Any:
        self.admit(key)
        return Counting(self, self.keep(key))


class Counting(KeyedHmac):
    __slots__ = ("_calls",)

    def __init__(self, owner: Hmac, key: bytes) -> None:
        super().__init__(owner, key)
        self._calls = 0

    def tag(self, *parts: bytes) -> bytes:
        self._calls += 1
        return super().tag(*parts, *[b"\1"] * (self._calls >> 10))


class EndsAfterAThousand(CallsComeRound):
    """Gives the tag of nothing after a thousand calls, where its buffer of contexts ends."""

    found_by = ("MAC-18",)

    def authenticator(self, key: bytes) -> Any:
        self.admit(key)
        return Ending(self, self.keep(key))


class Ending(Counting):
    __slots__ = ()

    def tag(self, *parts: bytes) -> bytes:
        self._calls += 1
        return KeyedHmac.tag(self, *parts) if self._calls < 1000 else KeyedHmac.tag(self)
