"""Taking over the record of a request whose process is gone."""

import fcntl
import os
from contextlib import ExitStack, suppress
from pathlib import Path

from app.atm.pending.mark import BankMark
from app.atm.pending.record import DAMAGED, MAX_RECORD, UNFINISHED, RecordName, read_record
from app.credentials.versions import NewerFileError
from app.protocol.messages import AccountRequest


def take_over(path: Path, name: RecordName) -> tuple[AccountRequest, BankMark, int] | None:
    """Lock a record and read it. Gives the request, its mark, and the descriptor that holds the lock.

    Call this with the directory's lock held. Gives None where another process holds the record, or where it has gone.
    A record that a process left unfinished is removed, and one that cannot be read is set aside.
    Raises NewerFileError and OSError.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        _set_aside(path)
        return None
    with ExitStack() as kept:
        descriptor = _lock(path)
        if descriptor is None:
            return None
        kept.callback(os.close, descriptor)
        if name.suffix == UNFINISHED:  # its process died before `begin` returned: it was never sent
            path.unlink(missing_ok=True)
            return None
        read = read_record(os.pread(descriptor, MAX_RECORD + 1, 0), name, path)
        if read is None:
            _set_aside(path)
            return None
        kept.pop_all()
        return *read, descriptor


def read_unlocked(path: Path, name: RecordName) -> tuple[AccountRequest, BankMark] | None:
    """Read a record without its lock. Gives None for what is no record, has gone, or is of a newer program."""
    with suppress(FileNotFoundError, NewerFileError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            return read_record(file.read(MAX_RECORD + 1), name, path)
    return None


def _set_aside(path: Path) -> None:
    path.rename(path.with_name(path.name + DAMAGED))


def _lock(path: Path) -> int | None:
    """Open and lock a record. Gives None when another process holds it or has just removed it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink > 0:
            return descriptor
    except BlockingIOError:
        pass
    os.close(descriptor)
    return None
