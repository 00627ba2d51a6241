"""Where the compiled kernel of the fast engine is kept: a directory that only this user can write to.

What lies there is machine code that will be run, so a directory that someone else owns or may write to is refused.
"""

import os
import platform
import stat
import sys
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import platformdirs

from framework.errors import ConfigurationError

_SOURCES = ("circuits.txt", "circuits.py", "key_schedule.py", "tables.py", "numba_kernel.py")


def kernel_cache_directory() -> Path:
    """Name the directory for the kernel of these very sources, this Python and this numba."""
    digest = sha256(f"{sys.implementation.cache_tag} {version('numba')} {platform.machine()}".encode())
    for name in _SOURCES:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return platformdirs.user_cache_path("suitecase") / f"des3-{digest.hexdigest()[:16]}"


def prepare_private_directory(directory: Path) -> None:
    """Make the directory, for this user alone. Raises ConfigurationError if it cannot be, or is not, private."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = directory.stat(follow_symlinks=False)
    except OSError as error:
        raise ConfigurationError(f"the cache directory {directory} cannot be made: {error.strerror}") from None
    if os.name == "posix" and (status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        raise ConfigurationError(f"the cache directory {directory} is not private to this user")


def holds_kernel(directory: Path) -> bool:
    """Tell whether a kernel was compiled into this directory."""
    return any(directory.rglob("*.nbc"))
