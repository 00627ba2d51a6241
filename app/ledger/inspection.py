"""A look at the ledger's file before it is opened to be written: what is refused here stays as it is, to the byte.

A connection that can write would, when it is closed as the last one, write the log into the file; so this look uses one
that cannot.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from app.ledger.binding import check_binding, read_mark
from app.ledger.occupancy import noted
from app.ledger.schema import APPLICATION_ID, VERSION
from app.system.errors import LedgerError


def log_path(path: Path) -> Path:
    """Where SQLite keeps the write-ahead log of the file at `path`."""
    return path.with_name(f"{path.name}-wal")


def inspect(path: Path, busy_timeout: float) -> str:
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
