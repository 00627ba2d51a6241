"""What callers hand over, as `bytes` of the plugin's own."""

from framework.errors import InvalidKeyError, MisuseError


def as_bytes(value: object, name: str) -> bytes:
    """Give the bytes of a bytes, bytearray or memoryview, in any layout. Raises MisuseError for anything else."""
    if type(value) is bytes:
        return value
    if not isinstance(value, bytes | bytearray | memoryview):
        raise MisuseError(f"the {name} must be bytes, not {type(value).__name__}")
    try:
        return bytes(value)
    except ValueError:  # a memoryview that was released
        raise MisuseError(f"the {name} is a memoryview that was released") from None


def as_bytes_of_size(value: object, size: int, name: str) -> bytes:
    """Give the bytes of a key or an IV. Raises InvalidKeyError unless there are exactly `size`."""
    data = as_bytes(value, name)
    if len(data) != size:
        raise InvalidKeyError(f"the {name} has {len(data)} bytes; Triple DES takes {size}")
    return data
