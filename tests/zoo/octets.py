"""What specimens take for octets."""

from typing import Any

from framework import InvalidKeyError


def octets(value: Any) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError("bytes are due")
    return bytes(value)


def sized(value: Any, size: int) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError("bytes are due")
    if memoryview(value).nbytes != size:
        raise InvalidKeyError(f"{size} bytes are due")
    return bytes(value)


def xor(left: bytes, right: bytes) -> bytes:
    size = min(len(left), len(right))
    return (int.from_bytes(left[:size]) ^ int.from_bytes(right[:size])).to_bytes(size)
