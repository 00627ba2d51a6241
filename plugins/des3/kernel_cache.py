"""Where the compiled kernel of the fast engine is kept: a directory that only this user can write to.

What lies there is machine code that will be run, so a directory that someone else owns or may write to is refused.
"""

import fcntl
import json
import logging
import os
import platform
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import platformdirs

from framework.plugin import ConfigurationError

_SOURCES = ("circuits.txt", "circuits.py", "key_schedule.py", "tables.py", "numba_kernel.py")
_SEAL = "kernel.json"
"""Names each file of a kernel that is complete, with its SHA-256. It is written last."""

_log = logging.getLogger(__name__)


def kernel_cache_directory() -> Path:
    """Name the directory for the kernel of these very sources, this Python and this numba.

    Raises ConfigurationError where this user has no cache directory.
    """
    digest = sha256(f"{sys.implementation.cache_tag} {_numba_version()} {platform.machine()}".encode())
    for name in _SOURCES:
        source = Path(__file__).with_name(name)
        digest.update(source.read_bytes())
        digest.update(str(source.stat().st_mtime_ns).encode())  # by which numba knows its own files again
    try:
        caches = platformdirs.user_cache_path("suitecase")
    except (RuntimeError, OSError, KeyError):
        caches = Path()
    if not caches.is_absolute():
        raise ConfigurationError("there is no home directory for the compiled kernel; set HOME or XDG_CACHE_HOME")
    return caches / f"des3-{digest.hexdigest()[:16]}"


def _numba_version() -> str:
    try:
        return str(version("numba"))
    except Exception as error:  # its metadata is missing or broken
        raise ConfigurationError("numba is not whole; install it again: pip install 'suitecase[fast]'") from error


def prepare_private_directory(directory: Path) -> None:
    """Make the directory, for this user alone. Raises ConfigurationError if it is not private or cannot be used."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = directory.stat(follow_symlinks=False)
    except OSError as error:
        raise ConfigurationError(f"the cache directory {directory} cannot be made: {error.strerror}") from None
    if os.name == "posix" and (status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        raise ConfigurationError(f"the cache directory {directory} is not private to this user")
    if not os.access(directory, os.W_OK | os.X_OK):  # numba would take another one, without a word
        raise ConfigurationError(f"the cache directory {directory} cannot be written to")


@contextmanager
def turn(directory: Path) -> Iterator[None]:
    """Within, nobody else compiles into this directory or discards what is in it."""
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def holds_kernel(directory: Path) -> bool:
    """Tell whether a whole kernel lies in this directory: each file as it was when the kernel was sealed."""
    try:
        sealed = json.loads((directory / _SEAL).read_text("utf-8"))
        return bool(sealed) and sealed == _digests(directory)
    except (OSError, ValueError):
        return False


def seal_kernel(directory: Path) -> None:
    """Write down that the kernel in this directory is complete. Called in turn."""
    part = directory / f"{_SEAL}.part"
    part.write_text(json.dumps(_digests(directory)), "utf-8")
    part.replace(directory / _SEAL)


def discard_damaged(directory: Path) -> None:
    """Remove what is no whole kernel, and say so: it may be cut short or changed. Called in turn."""
    if holds_kernel(directory):
        return
    files = [*_files(directory), *directory.glob(f"{_SEAL}*")]
    if files:
        _log.warning("the compiled kernel in %s is damaged or incomplete; it is made anew", directory)
    for file in files:
        file.unlink()


def _files(directory: Path) -> list[Path]:
    """Numba's index and its machine code."""
    return sorted(path for path in directory.rglob("*.nb[ci]"))


def _digests(directory: Path) -> dict[str, str]:
    return {str(file.relative_to(directory)): sha256(file.read_bytes()).hexdigest() for file in _files(directory)}
