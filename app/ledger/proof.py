"""Whether what was written last is still read there: the proof that nobody has written into the log under a bank.

A connection remembers pages that it has read, so one that is open for long may not notice. A new one reads the file and
the log. What a bank confirms last is always in it: the mark of its last transaction (app/ledger/binding.py).
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from app.ledger.binding import Mark
from app.ledger.reporting import primary_code

_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PATIENCE: Final = 5.0


def is_still_there(mark: Mark, path: Path) -> bool:
    """Whether a new connection finds this transaction, or a later one of its generation. Raises sqlite3.Error.

    Of a ledger that cannot be read as one, False.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None)) as connection:
            row = connection.execute("SELECT generation, transactions FROM log_mark").fetchone()
    except sqlite3.DatabaseError as error:
        if primary_code(error) in _DAMAGED:
            return False
        raise
    found = Mark(*row) if row is not None else None
    return found is not None and found.generation == mark.generation and found.transactions >= mark.transactions
