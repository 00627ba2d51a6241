"""Octet strings and integers: fixed lengths, big-endian (PROTOCOL, section BG-KEM/1)."""

from gmpy2 import mpz

from framework.plugin import InvalidKeyError, MisuseError, RandomBytes, as_bytes


def octets(value: object, size: int, what: str) -> bytes:
    """Take any bytes-like value that has `size` bytes. Raises InvalidKeyError for another length."""
    data = as_bytes(value, what)
    if len(data) != size:
        raise InvalidKeyError(f"{what} has {size} bytes, not {len(data)}")
    return data


def draw(random_bytes: RandomBytes, size: int) -> bytes:
    """Ask once for `size` random bytes. Raises MisuseError when that is not what comes."""
    value: object = random_bytes(size)
    if not isinstance(value, bytes) or len(value) != size:
        raise MisuseError(f"random_bytes did not give {size} bytes")
    return value


def to_integer(value: bytes) -> mpz:
    """Read an unsigned big-endian integer."""
    return mpz.from_bytes(value, "big")


def to_octets(value: mpz, size: int) -> bytes:
    """Write an unsigned big-endian integer, with leading zeros up to `size` bytes."""
    return int(value).to_bytes(size, "big")
