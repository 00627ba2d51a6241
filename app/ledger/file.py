"""The ledger's file before it is opened: made when it is not there, looked at when it is.

The look is taken before the file is opened to be written: what is refused here stays as it is, to the byte. A
connection that can write would, when it is closed as the last one, write the log into the file. So the look uses one
that cannot.
"""

import os
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from app.ledger.binding import check_binding, read_mark
from app.ledger.errors import LedgerCorruptError
from app.ledger.occupancy import RESTORING, noted
from app.ledger.schema import APPLICATION_ID, NEW_LEDGER, VERSION
from app.system.errors import LedgerError
from app.system.files import OTHERS_ANY, PRIVATE_MODE, check_status, refusing, sync_directory
from app.system.private_directories import make_private_directory

LEDGER_FILE: Final = "ledger.sqlite3"
"""The name of the ledger in a data directory."""


def log_path(path: Path) -> Path:
    """Where SQLite keeps the write-ahead log of the file at `path`."""
    return path.with_name(f"{path.name}-wal")


def prepare_file(path: Path, busy_timeout: float) -> str:
    """Make the file, unless it is there; refuse one that others can reach, or that is no ledger of ours.

    Gives a sentence for the operator where something may be missing in it; else "".
    """
    make_private_directory(path.parent, "data directory")
    if not path.exists():
        _make_file(path)
    with refusing(path, "ledger", "opened"):
        # Looked at and not opened: closing any descriptor of it would drop the locks that SQLite holds on the file
        # for this whole process, and the next to close would delete the log under us.
        check_status(path.stat(), path, "ledger", OTHERS_ANY)
    return _inspect(path, busy_timeout)


def known_version(connection: sqlite3.Connection, path: Path) -> int:
    """Give the version of the ledger's tables, 1 to VERSION. Raises LedgerError for any other file."""
    application, version = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    if application != APPLICATION_ID:
        raise LedgerError(f"The file {path} is not a ledger of suitecase; choose another data directory.")
    if not 1 <= version <= VERSION:
        raise LedgerError(
            f"The ledger {path} is of version {version} and this suitecase knows versions 1 to {VERSION}; "
            "use the suitecase that made it, or a newer one."
        )
    return int(version)


def execute_all(connection: sqlite3.Connection, statements: str) -> None:
    """Run statements that are separated by semicolons, in the transaction that is open."""
    for statement in statements.split(";"):
        connection.execute(statement)


def _make_file(path: Path) -> None:
    """Make an empty ledger, private from its first moment; it appears whole or not at all."""
    if (path.parent / RESTORING).exists():
        raise LedgerError(f"A restore in {path.parent} was cut short; run `bank restore` again.")
    log = log_path(path)
    if log.exists():
        raise LedgerCorruptError(
            f"The ledger {path} is missing, and its log {log.name} is there. Put it back, or restore a backup with "
            "`bank restore`; to begin a new ledger, move the log away."
        )
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    with refusing(path, "ledger", "made"):
        try:
            os.close(os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_MODE))
            uri = f"{temporary.absolute().as_uri()}?mode=rw"
            with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = OFF")
                connection.execute("BEGIN")
                execute_all(connection, NEW_LEDGER)
                connection.execute("COMMIT")
            os.link(temporary, path)  # unlike rename, never over an existing file
        except FileExistsError:  # another process has been quicker
            pass
        finally:
            temporary.unlink(missing_ok=True)
        sync_directory(path.parent)


def _inspect(path: Path, busy_timeout: float) -> str:
    """Check that the file at `path` is a ledger that this program knows, and that its log is its own.

    Gives what `check_binding` does. Raises LedgerError, and sqlite3.Error.
    """
    if path.stat().st_size == 0:
        raise LedgerError(
            f"The ledger {path} has no content; restore it from a backup with `bank restore`, "
            "or, if there has never been an account in it, remove the file."
        )
    log = log_path(path)
    note = read_mark(noted(path.parent))  # before the transaction: what it tells was done by then
    has_log = log.exists()
    # Without a log the file is all there is. A connection that did not know this would make an empty log, and leave it.
    access = "mode=ro" if has_log else "mode=ro&immutable=1"
    uri = f"{path.absolute().as_uri()}?{access}"
    with closing(sqlite3.connect(uri, uri=True, timeout=busy_timeout, isolation_level=None)) as connection:
        connection.execute("BEGIN")  # one state for all questions
        if known_version(connection, path) == VERSION:
            return check_binding(connection, path, log, log_is_missing=not has_log, noted=note)
    return ""
