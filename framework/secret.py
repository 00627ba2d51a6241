"""Secrets that do not show themselves and do not leave the process by accident."""

from typing import NoReturn


class SecretValue:
    """Refuses pickling and copying: a secret leaves the process only by an explicit act of its owner."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds a secret and is never pickled or copied")


class Secret(SecretValue):
    """Bytes of key material. `repr` shows the length; wiping is best effort, for Python copies as it likes."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = bytearray(value)

    def expose(self) -> bytes:
        """Give the bytes, to hand them to a primitive."""
        return bytes(self._value)

    def wipe(self) -> None:
        """Overwrite the bytes that this object holds."""
        self._value[:] = bytes(len(self._value))

    def __del__(self) -> None:
        """Overwrite them at the latest when nobody holds the object any more."""
        self.wipe()

    def __repr__(self) -> str:
        return f"Secret({len(self._value)} bytes)"
