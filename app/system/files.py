"""Small files that must be right: read with every check, written whole or not at all, and synced to the disk."""

import errno
import os
import secrets
import shlex
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from app.system.errors import FileError, MissingFileError

PRIVATE_MODE: Final = 0o600
PUBLIC_MODE: Final = 0o644

OTHERS_ANY: Final = 0o077
"""The permission bits that a file with a secret must not have."""
OTHERS_WRITE: Final = 0o022
"""The permission bits that a file or a directory which is trusted must not have."""


def read_file(
    path: Path,
    noun: str,
    *,
    limit: int,
    forbidden: int = 0,
    if_missing: str = "check the path",
    if_foreign: str = "",
    if_linked: str = "",
) -> bytes:
    """Read a regular file of at most `limit` bytes that has none of the `forbidden` permission bits.

    A file that others must not read must also be ours, or root's; so must one with a remedy `if_foreign`. One with a
    remedy `if_linked` must not be a symbolic link: whoever made that would choose among our files.
    Raises MissingFileError or FileError: one sentence that calls the file by its `noun`.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK  # a named pipe must not hold us up
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW if if_linked else flags)
    except FileNotFoundError:
        raise MissingFileError(f"There is no {noun} {path}; {if_missing}.") from None
    except OSError as error:
        if if_linked and error.errno == errno.ELOOP:
            raise FileError(f"The {noun} {path} is a symbolic link; {if_linked}.") from None
        raise FileError(f"The {noun} {path} cannot be read: {error.strerror}; check its permissions.") from error
    try:
        check_status(os.fstat(descriptor), path, noun, forbidden, if_foreign)
        data = os.pread(descriptor, limit + 1, 0)
    except OSError as error:
        raise FileError(f"The {noun} {path} cannot be read: {error.strerror}; check the disk.") from error
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise FileError(f"The {noun} {path} is longer than {limit} bytes; is it the right file?")
    return data


def check_status(status: os.stat_result, path: Path, noun: str, forbidden: int, if_foreign: str = "") -> None:
    """Raise FileError unless the file is a regular one with none of the `forbidden` permission bits.

    If others must not read it, or there is a remedy `if_foreign`, it must be ours or root's: its owner can always
    change it, and its permissions.
    """
    if not stat.S_ISREG(status.st_mode):
        raise FileError(f"The {noun} {path} is not a regular file; check the path.")
    if if_foreign or forbidden == OTHERS_ANY:
        check_owner(status, path, noun, if_foreign)
    if status.st_mode & forbidden:
        mode = stat.S_IMODE(status.st_mode)
        deed, remedy = ("reached", "600") if forbidden & 0o044 else ("changed", "go-w")
        command = f"chmod {remedy} {shlex.quote(str(path))}"
        raise FileError(f"The {noun} {path} can be {deed} by other users (mode {mode:04o}); run `{command}`.")


def check_owner(status: os.stat_result, path: Path, noun: str, remedy: str = "") -> None:
    """Raise FileError unless a file or a directory is ours or root's. A `remedy` replaces the usual advice."""
    if status.st_uid not in (0, os.geteuid()):
        command = f"chown {os.geteuid()} {shlex.quote(str(path))}"
        remedy = remedy or f"run this as that user, or `{command}`"
        raise FileError(f"The {noun} {path} belongs to another user (uid {status.st_uid}); {remedy}.")


def create_file(path: Path, data: bytes, noun: str, *, mode: int = PRIVATE_MODE) -> None:
    """Make a new file with these contents, on the disk when this returns. It appears whole or not at all.

    Raises FileExistsError when there is one already, which stays as it is; FileError when it cannot be made.
    """
    with refusing(path, noun, "written"):
        made = _create_from_nameless(path, data, mode)
    if not made:
        with _written_aside(path, data, noun, mode) as temporary:
            os.link(temporary, path)  # unlike rename, never over an existing file


def _create_from_nameless(path: Path, data: bytes, mode: int) -> bool:
    """Write a file that has no name until it is whole: of a process that is killed before, no secret is left.

    Gives False where the system or the file system has no such files. Raises FileExistsError and OSError.
    """
    with ExitStack() as opened:
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        opened.callback(os.close, directory)
        try:
            nameless = getattr(os, "O_TMPFILE", 0)  # without it, a directory is refused
            descriptor = os.open(path.parent, os.O_WRONLY | os.O_CLOEXEC | nameless, PRIVATE_MODE)
        except OSError:
            return False
        file = opened.enter_context(os.fdopen(descriptor, "wb"))
        _fill(file, data, mode)
        try:
            # That it is given a directory makes Python call linkat, which alone can follow this link.
            os.link(f"/proc/self/fd/{descriptor}", path.name, dst_dir_fd=directory, follow_symlinks=True)
        except FileExistsError:
            raise
        except OSError:  # no /proc, for one
            return False
        os.fsync(directory)
    return True


def replace_file(path: Path, data: bytes, noun: str, *, mode: int) -> None:
    """Put a file with these contents in the place of whatever is there, all at once. Raises FileError."""
    with _written_aside(path, data, noun, mode) as temporary:
        temporary.replace(path)


@contextmanager
def _written_aside(path: Path, data: bytes, noun: str, mode: int) -> Iterator[Path]:
    """Give a temporary neighbour of `path` that is safe on the disk; tidy up and sync the directory after."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    with refusing(path, noun, "written"):
        try:
            write_new(temporary, data, mode)
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)
        sync_directory(path.parent)


def write_new(path: Path, data: bytes, mode: int) -> None:
    """Make a new file, exactly of this mode whatever the umask, and sync it. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        _fill(file, data, mode)


def _fill(file: BinaryIO, data: bytes, mode: int) -> None:
    os.fchmod(file.fileno(), mode)
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def refusing(path: Path, noun: str, deed: str) -> Iterator[None]:
    """Turn an OSError, but for FileExistsError, into a FileError that says what could not be done and why."""
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        raise FileError(
            f"The {noun} {path} cannot be {deed}: {error.strerror}; check its directory and the space on the disk."
        ) from error


def sync_directory(path: Path) -> None:
    """Make the names in a directory safe on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
