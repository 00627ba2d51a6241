"""Directories that are one user's alone: made, checked, and locked by one process at a time."""

import fcntl
import os
import shlex
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from app.system.errors import FileError
from app.system.files import (
    OTHERS_ANY,
    OTHERS_WRITE,
    PRIVATE_MODE,
    check_owner,
    check_status,
    refusing,
    sync_directory,
)
from app.system.neighbours import check_neighbours

DIRECTORY_MODE: Final = 0o700

LOCK_FILE: Final = ".suitecase.lock"
LOCK_SECONDS: Final = 20.0
"""How long to wait for a directory's lock: what is done under it is quick, but for the making of a key."""
_LOCK_RETRY_PAUSE: Final = 0.01


def make_directory(path: Path, noun: str) -> None:
    """Make a directory, 0700, and its parents where they are missing. Raises FileError."""
    try:
        with refusing(path, noun, "made"):
            path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                path.mkdir(mode=DIRECTORY_MODE)
                sync_directory(path.parent)
    except FileExistsError:  # a file is where a parent should be
        raise FileError(
            f"The {noun} {path} cannot be made: a part of the path is not a directory; give another path."
        ) from None
    if not path.is_dir():
        raise FileError(f"The {noun} {path} is not a directory; give another path.")


def make_private_directory(path: Path, noun: str) -> None:
    """Make a directory as `make_directory` does, or take one that `check_private_directory` lets pass.

    Raises FileError.
    """
    check_neighbours(path, noun)
    make_directory(path, noun)
    check_private_directory(path, noun)


def check_private_directory(path: Path, noun: str) -> None:
    """Raise FileError when others could put, rename or remove files in a directory, or put another in its place.

    One that others can list will do: the files in it have modes of their own.
    """
    check_neighbours(path, noun)
    with refusing(path, noun, "used"):
        status = path.stat()
    check_owner(status, path, noun)
    if status.st_mode & OTHERS_WRITE:
        command = f"chmod 700 {shlex.quote(str(path))}"
        # What is sticky is shared on purpose, as /tmp is: to close it would harm whoever else uses it.
        remedy = "choose one of your own" if status.st_mode & stat.S_ISVTX else f"run `{command}`"
        mode = stat.S_IMODE(status.st_mode)
        raise FileError(f"The {noun} {path} can be changed by other users (mode {mode:04o}); {remedy}.")


@contextmanager
def locked_directory(path: Path) -> Iterator[None]:
    """Hold the directory's advisory lock: one process at a time, and the lock dies with its process.

    It is on a file in it, 0600, and not on the directory, which whoever can list it could lock for ever.
    Raises FileError when another process holds it for too long or the file is not ours alone, and OSError.
    """
    lock = path / LOCK_FILE
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        with _open_lock(lock) as descriptor:
            while not _locked(descriptor):
                if time.monotonic() > deadline:
                    raise FileError(
                        f"Another process has held the directory {path} for {LOCK_SECONDS:.0f} s; does it hang? "
                        "Try again, or end it first."
                    )
                time.sleep(_LOCK_RETRY_PAUSE)
            if os.fstat(descriptor).st_nlink > 0:  # else whoever held it has removed it: the lock is another file
                try:
                    yield
                finally:
                    with suppress(OSError):  # only while it is held, and the next may as well find it
                        lock.unlink()
                return


@contextmanager
def _open_lock(path: Path) -> Iterator[int]:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    descriptor = os.open(path, flags, PRIVATE_MODE)
    try:
        check_status(os.fstat(descriptor), path, "lock", OTHERS_ANY)
        yield descriptor
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
