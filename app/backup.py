"""Backups: a consistent copy of a bank that runs or does not, and the way back.

A backup is a directory with the ledger, every private key and `bank.pub`. It is as secret as the data directory.
"""

import os
import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from app.errors import FileError, LedgerError, MissingFileError
from app.files import (
    DIRECTORY_MODE,
    PRIVATE_MODE,
    PUBLIC_MODE,
    locked_directory,
    make_directory,
    read_file,
    refusing,
    sync_directory,
    write_new,
)
from app.keystore import PUBLIC_FILE
from app.ledger import LEDGER_FILE, Audit, Ledger
from app.ledger.occupancy import RESTORING, occupied

_KEYS: Final = "*.key"
_LEDGER_FILES: Final = (f"{LEDGER_FILE}-shm", f"{LEDGER_FILE}-wal", LEDGER_FILE)
_MAX_KEY_FILE: Final = 2**20


def back_up(data_dir: Path, target: Path) -> Audit:
    """Copy ledger, keys and `bank.pub` into a new directory, all of it or nothing; gives what the copy holds.

    A bank may run there meanwhile, and goes on serving. The copy is verified and on the disk when this returns.
    Raises LedgerError and FileError.
    """
    ledger = data_dir / LEDGER_FILE
    if not ledger.exists():
        raise MissingFileError(f"There is no ledger in {data_dir}; give the bank's directory with --data-dir.")
    if os.path.lexists(target):
        raise FileError(f"There is {target} already, and it stays; give the backup a new name.")
    make_directory(target.parent, "directory for the backup")
    with refusing(target, "backup", "written"):
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
        temporary.mkdir(mode=DIRECTORY_MODE)
        try:
            before = ledger.stat()
            with Ledger(ledger) as live:
                live.copy_to(temporary / LEDGER_FILE)
            audit = _settle(temporary, data_dir)
            with locked_directory(data_dir):
                _copy_keys(data_dir, temporary)
                if not ledger.exists() or not os.path.samestat(before, ledger.stat()):
                    raise LedgerError(f"The ledger in {data_dir} was replaced during the backup; try again.")
            sync_directory(temporary)
            temporary.rename(target)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        sync_directory(target.parent)
    return audit


def restore(source: Path, data_dir: Path) -> tuple[Audit, Path | None]:
    """Put a backup in the place of what is in `data_dir`; gives what it holds, and where that has been moved to.

    Nothing is deleted: what was there is moved aside within the directory. What is no part of a backup stays in its
    place. Cut short, it may be run again. Raises LedgerError, also while a bank runs there, and FileError.
    """
    if not (source / LEDGER_FILE).exists():
        raise MissingFileError(f"There is no backup in {source}: it has no {LEDGER_FILE}; check the path.")
    if source.resolve() == data_dir.resolve():
        raise FileError(f"{source} is the data directory itself; give the directory of a backup.")
    with occupied(data_dir, restoring=True), refusing(data_dir, "data directory", "restored"):
        staged = data_dir / RESTORING
        shutil.rmtree(staged, ignore_errors=True)  # of one that was cut short
        staged.mkdir(mode=DIRECTORY_MODE)
        try:
            for name in _LEDGER_FILES[-2:]:
                if (source / name).exists():
                    _copy_private(source / name, staged / name)
            audit = _settle(staged, source)
            _copy_keys(source, staged)
            sync_directory(staged)
        except BaseException:  # nothing has been touched yet
            shutil.rmtree(staged, ignore_errors=True)
            raise
        with locked_directory(data_dir):  # no account is opened meanwhile, nor key made
            sync_directory(data_dir)
            aside = _move_aside(data_dir)
            for path in sorted(staged.iterdir()):
                path.rename(data_dir / path.name)
            sync_directory(data_dir)
        staged.rmdir()
        sync_directory(data_dir)
    return audit, aside


def _move_aside(data_dir: Path) -> Path | None:
    old = [path for path in _parts(data_dir) if os.path.lexists(path)]
    if not old:
        return None
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = data_dir / f"before-restore-{now}-{secrets.token_hex(2)}"
    aside.mkdir(mode=DIRECTORY_MODE)
    for path in old:
        path.rename(aside / path.name)
    sync_directory(aside)
    sync_directory(data_dir)
    return aside


def _parts(directory: Path) -> list[Path]:
    """What a backup is made of and what it takes the place of; the ledger comes last."""
    names = [PUBLIC_FILE, *_LEDGER_FILES]
    return [*sorted(directory.glob(_KEYS)), *(directory / name for name in names)]


def _copy_keys(source: Path, target: Path) -> None:
    for path in sorted(source.glob(_KEYS)):
        write_new(target / path.name, read_file(path, "key file", limit=_MAX_KEY_FILE), PRIVATE_MODE)
    public = source / PUBLIC_FILE
    if public.exists():
        write_new(target / PUBLIC_FILE, read_file(public, "bank key file", limit=_MAX_KEY_FILE), PUBLIC_MODE)


def _copy_private(source: Path, target: Path) -> None:
    """Copy a file of any size; on the disk when this returns. Raises OSError."""
    write_new(target, b"", PRIVATE_MODE)
    with source.open("rb") as origin, target.open("wb") as copy:
        shutil.copyfileobj(origin, copy)
        copy.flush()
        os.fsync(copy.fileno())


def _settle(copy: Path, original: Path) -> Audit:
    """Verify the ledger in a copy of a directory, write its log into it, and bind it anew."""
    try:
        with Ledger(copy / LEDGER_FILE) as ledger:
            audit = ledger.verify()
            ledger.renew(in_use=False)
    except LedgerError as error:  # a person knows the original, and the copy goes
        raise LedgerError(str(error).replace(str(copy), str(original))) from error
    return audit
