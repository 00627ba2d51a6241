"""A bank's ledger and identity, opened together: neither is used without the other, or with a stranger's."""

import os
import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.errors import LedgerError
from app.files import locked_directory, make_private_directory, refusing
from app.identity import LoadedIdentity, identity_and_bank_file
from app.keystore import PUBLIC_FILE
from app.ledger import LEDGER_FILE, Ledger
from app.ledger.inspection import log_path
from app.ledger.occupancy import RESTORING, Occupancy


@contextmanager
def ledger_and_identity(
    data_dir: Path, *, may_replace: bool, occupancy: Occupancy | None = None
) -> Iterator[tuple[Ledger, LoadedIdentity]]:
    """Open what `data_dir` holds, or begin it, with the directory's lock held.

    The ledger is made before any key. It records whose it is before anything else on the disk says so: a process may be
    killed at any point, and the next goes on from there. `occupancy` is that of the bank, where it is one that opens.
    Raises LedgerError, also when there are keys and no ledger, and FileError as `load_or_create_identity`.
    """
    make_private_directory(data_dir, "data directory")
    with ExitStack() as held:
        with refusing(data_dir, "data directory", "used"):
            held.enter_context(locked_directory(data_dir))
        _refuse_keys_alone(data_dir)
        ledger = held.enter_context(Ledger(data_dir / LEDGER_FILE, occupancy=occupancy))

        def record(who: LoadedIdentity) -> None:
            ledger.belongs_to(who.identity.public_key, may_replace=who.is_new)

        yield ledger, identity_and_bank_file(data_dir, may_replace=may_replace, record=record)


def _refuse_keys_alone(data_dir: Path) -> None:
    """Raise LedgerError where there are keys and no ledger: it was lost, for keys are never made before it.

    Versions without identities made a key first. One of them that was cut short then has left the same.
    """
    path = data_dir / LEDGER_FILE
    if any(each.exists() for each in (path, log_path(path), data_dir / RESTORING)):  # of these, others have more to say
        return
    if (data_dir / PUBLIC_FILE).exists() or any(data_dir.glob("*.key")):
        where = os.path.abspath(data_dir)  # noqa: PTH100 - a link is what is moved away
        command = f"mv {shlex.quote(where)} {shlex.quote(f'{where}.before')}"
        raise LedgerError(
            f"The ledger in {data_dir} is missing, and keys of a bank are there. Put the ledger back, or restore a "
            "backup with `bank restore`; to begin anew with no account and with new keys, as after a first start that "
            f"was cut short, run `{command}`."
        )
