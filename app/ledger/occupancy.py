"""One bank a data directory: a lock that a bank holds as long as it lives, and that dies with its process."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from app.system.errors import FileError, LedgerError
from app.system.files import OTHERS_ANY, PRIVATE_MODE, check_status, refusing
from app.system.private_directories import make_private_directory

OCCUPANCY_FILE: Final = "bank.lock"
"""The file in a data directory that its bank has locked. It stays when the bank ends; the lock does not."""

PATIENCE: Final = 2.0
"""Seconds to wait for a bank that is just ending."""

RESTORING: Final = "restore-under-way"
"""A directory in a data directory while `bank restore` works there; left behind, it says that it was cut short."""

_RETRY_PAUSE: Final = 0.02
_LARGEST_NOTE: Final = 4096


def file_identity(status: os.stat_result) -> tuple[int, int]:
    """What tells a file from every other one that is there."""
    return status.st_dev, status.st_ino


class Occupancy:
    """The right to be the bank of a data directory. Made by `occupied`."""

    def __init__(self, data_dir: Path, descriptor: int) -> None:
        self.data_dir = data_dir
        self._name = os.fspath(data_dir / OCCUPANCY_FILE)
        self._descriptor = descriptor
        self._identity = file_identity(os.fstat(descriptor))

    def lasts(self) -> bool:
        """Whether the file that is locked is still the one in the data directory. Raises OSError."""
        return file_identity(os.stat(self._name)) == self._identity  # noqa: PTH116 - asked all the time

    def note(self, record: bytes) -> None:
        """Write a record of some bytes into the file that is locked; it outlives this process. Raises OSError."""
        os.pwrite(self._descriptor, record, 0)


@contextmanager
def unoccupied(data_dir: Path) -> Iterator[bytes]:
    """Keep a bank out of a directory that may be read-only; gives what the last one there has noted, or nothing.

    Raises LedgerError when a bank runs there, and FileError.
    """
    path = data_dir / OCCUPANCY_FILE
    with ExitStack() as stack:
        with refusing(path, "lock file", "read"):
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
            except FileNotFoundError:
                record = b""
            else:
                stack.callback(os.close, descriptor)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise LedgerError(
                        f"A bank runs on {data_dir}; make a backup of it with `bank backup`, or end it first."
                    ) from None
                record = os.pread(descriptor, _LARGEST_NOTE, 0)
        yield record


def is_occupied(data_dir: Path) -> bool:
    """Whether a bank runs on the data directory, be it this process."""
    try:
        with unoccupied(data_dir):
            return False
    except FileError:
        return False
    except LedgerError:
        return True


def noted(data_dir: Path) -> bytes:
    """Give what the last bank of the data directory has noted, or nothing."""
    try:
        return (data_dir / OCCUPANCY_FILE).read_bytes()
    except OSError:
        return b""


@contextmanager
def occupied(data_dir: Path, *, patience: float = PATIENCE, restoring: bool = False) -> Iterator[Occupancy]:
    """Be the one bank of a data directory, which is made if it is not there; `patience` in seconds.

    Raises LedgerError when another process is, or when a restore was cut short there and `restoring` is false; and
    FileError.
    """
    make_private_directory(data_dir, "data directory")
    path = data_dir / OCCUPANCY_FILE
    with refusing(path, "lock file", "opened"):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, PRIVATE_MODE)
    try:
        check_status(os.fstat(descriptor), path, "lock file", OTHERS_ANY)
        _lock(descriptor, data_dir, patience)
        if not restoring and (data_dir / RESTORING).exists():
            raise LedgerError(
                f"A restore in the data directory {data_dir} was cut short; run `bank restore` again before the bank."
            )
        yield Occupancy(data_dir, descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, data_dir: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise LedgerError(
                    f"Another bank runs on the data directory {data_dir}; end it first, "
                    "or choose another directory with --data-dir."
                ) from None
            time.sleep(_RETRY_PAUSE)
        else:
            return
