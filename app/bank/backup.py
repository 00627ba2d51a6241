"""Backups: a consistent copy of a bank that runs or does not, and the way back.

A backup is a directory with the ledger, every private key and `bank.pub`. It is as secret as the data directory.
"""

import os
import secrets
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from app.bank.backup_keys import KEYS, copy_keys, missing_keys
from app.credentials.identity import IDENTITY_FILE
from app.ledger import LEDGER_FILE, Audit, Ledger
from app.ledger.occupancy import OCCUPANCY_FILE, RESTORING, noted, occupied, unoccupied
from app.system.errors import FileError, LedgerError, MissingFileError
from app.system.files import PRIVATE_MODE, refusing, sync_directory, write_new
from app.system.private_directories import DIRECTORY_MODE, locked_directory, make_directory

_LEDGER_FILES: Final = (f"{LEDGER_FILE}-shm", f"{LEDGER_FILE}-wal", LEDGER_FILE)


@dataclass(frozen=True)
class Restored:
    """What `restore` has put back, where it has moved what was there, and sentences that the operator must read."""

    audit: Audit
    aside: Path | None
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class _Settled:
    """What a copy of a ledger holds. `caution`: what may be missing in it, as a sentence, or ""."""

    audit: Audit
    has_identity: bool
    caution: str


def back_up(data_dir: Path, target: Path) -> Audit:
    """Copy ledger, keys and `bank.pub` into a new directory, all of it or nothing; gives what the copy holds.

    A bank may run there meanwhile, and goes on serving. The copy is verified and on the disk when this returns.
    Raises LedgerError and FileError, also where a key of the bank is missing or damaged.
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
            settled = _settle(temporary, data_dir)
            with locked_directory(data_dir):
                copy_keys(data_dir, temporary)
                if not ledger.exists() or not os.path.samestat(before, ledger.stat()):
                    raise LedgerError(f"The ledger in {data_dir} was replaced during the backup; try again.")
            missing = missing_keys(temporary, data_dir, has_identity=settled.has_identity)
            if missing:
                raise _not_whole(data_dir, missing)
            sync_directory(temporary)
            temporary.rename(target)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        sync_directory(target.parent)
    return settled.audit


def restore(source: Path, data_dir: Path) -> Restored:
    """Put a backup, or a copy of the directory of a bank that was killed, in the place of what is in `data_dir`.

    Nothing is deleted: what is replaced is moved aside within the directory. What the backup does not have, a key for
    one, stays in its place. Cut short, it may be run again. Raises LedgerError, also while a bank runs at either place,
    and FileError.
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
            settled = _stage_ledger(source, staged)
            copy_keys(source, staged)
            missing = missing_keys(staged, source, has_identity=settled.has_identity)
            sync_directory(staged)
        except BaseException:  # nothing has been touched yet
            shutil.rmtree(staged, ignore_errors=True)
            raise
        with locked_directory(data_dir):  # no account is opened meanwhile, nor key made
            sync_directory(data_dir)
            names = sorted(path.name for path in staged.iterdir())
            remarks = [settled.caution, *_about_keys(data_dir, names, missing)]
            aside = _move_aside(data_dir, names)
            for name in names:
                (staged / name).rename(data_dir / name)
            sync_directory(data_dir)
        staged.rmdir()
        sync_directory(data_dir)
    return Restored(settled.audit, aside, tuple(filter(None, remarks)))


def _stage_ledger(source: Path, staged: Path) -> _Settled:
    """Copy the ledger with its log, and check it by what the bank of `source` has noted."""
    with unoccupied(source) as note, occupied(staged, patience=0) as staging:
        staging.note(note)
        for name in _LEDGER_FILES[-2:]:
            if (source / name).exists():
                _copy_private(source / name, staged / name)
        settled = _settle(staged, source)
        (staged / OCCUPANCY_FILE).unlink()
    return settled


def _about_keys(data_dir: Path, restored: Collection[str], missing: Collection[str]) -> Iterator[str]:
    """Say of each key that the backup does not have what becomes of it."""
    there = {path.name for path in data_dir.glob(KEYS)} - set(restored)
    for name in sorted({IDENTITY_FILE, *there, *missing} - set(restored)):
        if name in there:
            yield f"The backup has no {name}: the one in {data_dir} stays in use."
        elif name == IDENTITY_FILE:
            yield (
                f"THE BANK HAS NO IDENTITY: neither the backup nor {data_dir} has an {name}. The bank makes a new one "
                "when it starts, and cards and ATMs that know another refuse it. If you have its file, put it there "
                "before."
            )
        else:
            yield (
                f"The backup has no {name}, and {data_dir} has none: the bank makes a new key for this suite when it "
                "needs one. If you have its file, put it there before."
            )


def _not_whole(data_dir: Path, missing: Collection[str]) -> FileError:
    return FileError(
        f"There is no {' and no '.join(missing)} in {data_dir}, and a backup without is not whole; put it there, from "
        "an earlier backup. (If there is none, start the bank with the suite of that name: it makes a new key, or a "
        "new identity, which every ATM must be given.)"
    )


def _move_aside(data_dir: Path, names: Collection[str]) -> Path | None:
    """Move what has these names aside, and all that is of the ledger, which comes last."""
    moved = [*(name for name in names if name != LEDGER_FILE), *_LEDGER_FILES]
    old = [data_dir / name for name in moved if os.path.lexists(data_dir / name)]
    if not old:
        return None
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = data_dir / f"before-restore-{now}-{secrets.token_hex(2)}"
    aside.mkdir(mode=DIRECTORY_MODE)
    write_new(aside / OCCUPANCY_FILE, noted(data_dir), PRIVATE_MODE)  # tells where the log ends
    for path in old:
        path.rename(aside / path.name)
    sync_directory(aside)
    sync_directory(data_dir)
    return aside


def _copy_private(source: Path, target: Path) -> None:
    """Copy a file of any size; on the disk when this returns. Raises OSError."""
    write_new(target, b"", PRIVATE_MODE)
    with source.open("rb") as origin, target.open("wb") as copy:
        shutil.copyfileobj(origin, copy)
        copy.flush()
        os.fsync(copy.fileno())


def _settle(copy: Path, original: Path) -> _Settled:
    """Verify the ledger in a copy of a directory, write its log into it, and bind it anew."""
    try:
        with Ledger(copy / LEDGER_FILE) as ledger:
            audit = ledger.verify()
            settled = _Settled(audit, ledger.identity() is not None, ledger.caution.replace(str(copy), str(original)))
            ledger.renew(in_use=False)
    except LedgerError as error:  # a person knows the original, and the copy goes
        raise LedgerError(str(error).replace(str(copy), str(original))) from error
    return settled
