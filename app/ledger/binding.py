"""What binds the ledger's file to its write-ahead log, so that neither is used with a stranger.

SQLite replays a log onto whatever file lies beside it. So a random *generation* stands twice: in `meta`, and in
`log_mark`. Every transaction writes `log_mark`, which copies the generation of `meta`. `meta` is written only when all
of the log is in the file, and is then written into the file at once. So the file holds `meta`, the log holds
`log_mark`, and where the two differ, the log belongs to another file, or to another state of this one.

What the log has lost at its end, SQLite takes for never written. So a bank notes each transaction that it confirms, by
its number, in the file that it has locked. The note outlives the bank; where power fails it may be too old, never too
new.

`in_use` is 1 while a bank has the ledger open. A bank that is killed leaves its log; a ledger that is in use and has no
log has lost it, or another program has written the log into the file and deleted it, as `sqlite3` does. The note
tells the two apart. A bank that ends in order deletes the log after `in_use` has become 0.
"""

import secrets
import shlex
import sqlite3
from pathlib import Path
from typing import Final, NamedTuple

from app.ledger.errors import LedgerCorruptError
from app.ledger.occupancy import OCCUPANCY_FILE
from app.ledger.schema import GENERATION_SIZE

_NEXT_MARK: Final = "SELECT meta.generation, transactions + 1 FROM meta, log_mark"
_SET_MARK: Final = "UPDATE log_mark SET generation = ?, transactions = ?"  # in two steps: RETURNING takes longer

_TO_A_BACKUP: Final = (
    "to go back to a backup, which has nothing that was confirmed since it was made, run `bank restore`."
)


class Mark(NamedTuple):
    """A transaction: the generation that it was written in, 16 bytes, and how many there had been with it."""

    generation: bytes
    transactions: int


def touch(connection: sqlite3.Connection) -> Mark:
    """Do what every transaction that writes does last."""
    mark = Mark(*connection.execute(_NEXT_MARK).fetchone())
    connection.execute(_SET_MARK, mark)
    return mark


def write_mark(mark: Mark) -> bytes:
    """Write a mark in 24 bytes: the generation, and the number big-endian."""
    return mark.generation + mark.transactions.to_bytes(8, "big")


def read_mark(record: bytes) -> Mark | None:
    """Read what `write_mark` writes; None for anything else."""
    if len(record) != GENERATION_SIZE + 8:
        return None
    return Mark(record[:GENERATION_SIZE], int.from_bytes(record[GENERATION_SIZE:], "big"))


def check_binding(
    connection: sqlite3.Connection, path: Path, log: Path, *, log_is_missing: bool, noted: Mark | None
) -> str:
    """Raise LedgerCorruptError unless the file and its log belong together, and all that was noted is there.

    Called in a transaction. `noted` is what was noted of a transaction that had been confirmed before it began.
    Gives a sentence for the operator where nothing is known to be missing and it is not certain; else "".
    """
    in_use, generation, *mark = connection.execute(
        "SELECT in_use, meta.generation, log_mark.generation, transactions FROM meta JOIN log_mark USING (one)"
    ).fetchone() or (0, b"", b"-", 0)
    last = Mark(*mark)
    forget = f"rm -f {shlex.quote(str(path.with_name(OCCUPANCY_FILE)))}"
    if last.generation != generation:
        raise LedgerCorruptError(
            f"The ledger {path} and its log {log.name} do not belong together: one of them was replaced. "
            "Restore a backup with `bank restore`; or, to use the file alone, move the log away."
        )
    known = noted is not None and noted.generation == generation
    lost = max(0, noted.transactions - last.transactions) if noted is not None and known else 0
    is_gone = bool(in_use) and log_is_missing and not log.exists()
    go_on = f"run `touch {shlex.quote(str(log))} && {forget}`" if is_gone else f"run `{forget}`"
    if lost:
        what = "is missing, and in it were" if is_gone else "was damaged or cut: missing are"
        raise LedgerCorruptError(
            f"The log {log} of the ledger {what} its last transactions, {lost} of them, which were confirmed. "
            f"Put the log back. If it is lost, so are they: to go on without them alone, {go_on}; "
            f"{_TO_A_BACKUP}"
        )
    if is_gone and not known:
        raise LedgerCorruptError(
            f"The log {log} of the ledger is missing, and {OCCUPANCY_FILE} does not tell whether something that was "
            f"confirmed was in it. Put back what is missing. If it is lost: to go on without it, {go_on}; "
            f"{_TO_A_BACKUP}"
        )
    if is_gone:
        return (
            f"The log {log} of the ledger is gone. All that the bank has noted of it is in the ledger: another program "
            "has written it there. If the power failed, the note may be too old; then compare the last payments."
        )
    if in_use and not known:
        return (
            f"The ledger {path} was not closed by its bank, and {OCCUPANCY_FILE} beside it does not tell where its log "
            "ends. It cannot be checked whether the last payments are all there; compare them."
        )
    return ""


def set_generation(connection: sqlite3.Connection, *, in_use: bool) -> None:
    """Begin a new generation, in a transaction that ends with `touch`."""
    connection.execute("UPDATE meta SET generation = ?, in_use = ?", (secrets.token_bytes(GENERATION_SIZE), in_use))


def transactions(connection: sqlite3.Connection) -> int:
    """Give the number of the last transaction."""
    (number,) = connection.execute("SELECT transactions FROM log_mark").fetchone()
    return int(number)
