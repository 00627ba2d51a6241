"""A bank's ledger and identity, opened together: neither is used without the other, or with a stranger's."""

import logging
import os
import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.credentials.identity import LoadedIdentity, identity_and_bank_file
from app.credentials.keystore import PUBLIC_FILE
from app.ledger import LEDGER_FILE, Ledger
from app.ledger.file import log_path
from app.ledger.occupancy import RESTORING, Occupancy, noted
from app.system.errors import LedgerError
from app.system.files import refusing
from app.system.private_directories import locked_directory, make_private_directory

logger = logging.getLogger("suitecase.bank")


@contextmanager
def ledger_and_identity(
    data_dir: Path, *, may_replace: bool, occupancy: Occupancy | None = None
) -> Iterator[tuple[Ledger, LoadedIdentity]]:
    """Open what `data_dir` holds, or begin it, with the directory's lock held.

    The ledger is made before any key. It records whose it is before anything else on the disk says so: a process may be
    killed at any point, and the next goes on from there. `occupancy` is that of the bank, where it is one that opens.
    Raises LedgerError, also when a ledger that was there is gone, and FileError as `load_or_create_identity`.
    """
    make_private_directory(data_dir, "data directory")
    with ExitStack() as held:
        with refusing(data_dir, "data directory", "used"):
            held.enter_context(locked_directory(data_dir))
        _refuse_a_lost_ledger(data_dir)
        ledger = held.enter_context(Ledger(data_dir / LEDGER_FILE, occupancy=occupancy))

        def record(who: LoadedIdentity) -> None:
            ledger.belongs_to(who.identity.public_key, may_replace=who.is_new)

        yield ledger, identity_and_bank_file(data_dir, may_replace=may_replace, record=record)


def _refuse_a_lost_ledger(data_dir: Path) -> None:
    """Raise LedgerError where a bank had a ledger that is gone; say so where there are only keys.

    A bank leaves a note of its transactions in the file that it locks. Keys alone may have been copied there, or may be
    all that is left: nobody can tell, so a bank begins with them and warns.
    """
    path = data_dir / LEDGER_FILE
    if any(each.exists() for each in (path, log_path(path), data_dir / RESTORING)):  # of these, others have more to say
        return
    if noted(data_dir):
        where = os.path.abspath(data_dir)  # noqa: PTH100 - a link is what is moved away
        command = f"mv {shlex.quote(where)} {shlex.quote(f'{where}.before')}"
        raise LedgerError(
            f"The ledger in {data_dir} is missing, and a bank has kept one there. Put the ledger back, or restore a "
            f"backup with `bank restore`; to begin anew with no account and with new keys, run `{command}`."
        )
    if (data_dir / PUBLIC_FILE).exists() or any(data_dir.glob("*.key")):
        logger.warning(
            "There are keys and no ledger in %s: an empty one begins now. If there was a ledger, end the bank, and "
            "restore a backup with `bank restore`.",
            data_dir,
        )
