"""The standard streams, fit to use whatever the program was started with: closed, or not blocking."""

import io
import os
import sys
from typing import TYPE_CHECKING, Final

from app.system.readiness import wait_readable, write_all

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_STREAMS: Final = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))
_ENCODING: Final = "utf-8"


class PatientDescriptor(io.RawIOBase):
    """A descriptor that waits for data and for room, also where whoever shares it has set O_NONBLOCK.

    "No data yet" is then neither the end of a line nor that of the input, and a line is written whole. Closing leaves
    the descriptor open.
    """

    def __init__(self, descriptor: int, mode: str) -> None:
        self._descriptor = descriptor
        self.mode = mode
        self.name = descriptor

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return os.isatty(self._descriptor)

    def readable(self) -> bool:
        """Whether it was opened to be read."""
        return self.mode == "r"

    def writable(self) -> bool:
        """Whether it was opened to be written."""
        return self.mode == "w"

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read once, waiting for data; 0 is the end of the input."""
        while True:
            try:
                return os.readv(self._descriptor, [buffer])
            except BlockingIOError:
                wait_readable(self._descriptor)

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write all of it."""
        view = memoryview(data).cast("B")
        write_all(self._descriptor, view)
        return len(view)


def open_standard_streams() -> None:
    """Make the three fit to use, whatever the program was started with.

    What was closed is opened to nothing, lest a socket or the ledger take its number and be written to. Nothing is
    buffered on its way out: what could not be written is known at once, and not when the interpreter ends.
    """
    for descriptor, (name, mode) in enumerate(_STREAMS):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, and that is this one
        setattr(sys, name, _opened(descriptor, mode, getattr(sys, name)))


def _opened(descriptor: int, mode: str, before: object) -> io.TextIOWrapper:
    encoding = getattr(before, "encoding", None) or _ENCODING
    if mode == "r":
        errors = getattr(before, "errors", None) or "strict"
        return io.TextIOWrapper(io.BufferedReader(PatientDescriptor(descriptor, mode)), encoding, errors)
    raw = PatientDescriptor(descriptor, mode)
    # A path need not be text, nor the terminal know every letter.
    return io.TextIOWrapper(raw, encoding, "backslashreplace", write_through=True)  # as `python -u` does
