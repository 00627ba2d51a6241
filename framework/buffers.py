"""What a caller hands over, as `bytes` that nobody else can change."""

from framework.errors import MisuseError


def as_bytes(value: object, what: str) -> bytes:
    """Give the bytes of a bytes, bytearray or memoryview, in any layout; `len` of a wide memoryview would count items.

    `what` names the value in the message, as "the key" does. `bytes` are given back as they are. Raises MisuseError for
    any other type and for a memoryview that was released.
    """
    if type(value) is bytes:
        return value
    if not isinstance(value, bytes | bytearray | memoryview):
        raise MisuseError(f"{what} must be bytes, not {type(value).__name__}")
    try:
        return bytes(value)
    except ValueError:
        raise MisuseError(f"{what} is a memoryview that was released") from None
