"""The ledger's file before it is opened: made when it is not there, looked at when it is."""

import os
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from app.ledger.errors import LedgerCorruptError
from app.ledger.inspection import inspect, log_path
from app.ledger.occupancy import RESTORING
from app.ledger.schema import NEW_LEDGER
from app.system.errors import LedgerError
from app.system.files import OTHERS_ANY, PRIVATE_MODE, check_status, make_private_directory, refusing, sync_directory


def execute_all(connection: sqlite3.Connection, statements: str) -> None:
    """Run statements that are separated by semicolons, in the transaction that is open."""
    for statement in statements.split(";"):
        connection.execute(statement)


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
    return inspect(path, busy_timeout)


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
