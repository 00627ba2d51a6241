"""The requests in flight of one card: recorded, looked at and taken over."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice, starmap
from pathlib import Path
from typing import Final

from app.atm.pending.mark import BankMark, Destination
from app.atm.pending.places import RecordPlaces
from app.atm.pending.record import DAMAGED, NOUN, UNFINISHED, RecordName, write_record
from app.atm.pending.request import PendingRequest
from app.atm.pending.taking import read_unlocked, take_over
from app.credentials.card import Card
from app.credentials.versions import NewerFileError
from app.protocol.messages import AccountRequest
from app.system.errors import FileError
from app.system.files import PRIVATE_MODE, refusing, sync_directory
from app.system.private_directories import locked_directory, make_private_directory

MOST_AT_ONCE: Final = 32
"""How many requests are taken over at once: each is an open file, of which a process may have few."""

_TAG_LENGTH: Final = 16
_CANNOT_WRITE: Final = (errno.EROFS, errno.EACCES, errno.EPERM)


class ReadOnlyRecordsError(FileError):
    """The records can be read and not taken over: their directory is read-only."""


class PendingRequests:
    """The requests in flight of one card at one bank, whichever process sent them.

    A record bears the mark of its card, and not of the card's path alone. So a request of one account is never sent
    again for another account whose card came to lie in the same place. A request to another bank is left alone.
    """

    def __init__(self, card_path: Path, card: Card, destination: Destination | None = None) -> None:
        self._tag = card.secret.digest().hex()[:_TAG_LENGTH]
        self._places = RecordPlaces(card_path, self._tag)
        self._destination = destination or Destination()

    def begin(self, request: AccountRequest) -> PendingRequest:
        """Record a request that is sent next. The record is safe on the disk when this returns.

        Raises FileError. Then there is no record; where one can be neither made safe nor removed, the sentence says so.
        """
        directory = self._places.own
        message = write_record(request, BankMark.of(self._destination))
        make_private_directory(directory, NOUN)
        with refusing(directory, NOUN, "written"), ExitStack() as undo:
            with locked_directory(directory):  # no other process sees the file before it is locked
                before = [name for _, name in self._places.records()]
                if any(name.request_id == request.id for name in before):
                    raise FileError(f"The request {request.id} is in flight already; wait for its answer.")
                order = max((name.order for name in before), default=0) + 1
                final = directory / str(RecordName(request.id, order, self._tag))
                unfinished = final.with_name(final.name + UNFINISHED)
                descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_MODE)
                pending = undo.enter_context(PendingRequest(request, final, descriptor))
                undo.callback(_take_back, unfinished, final)  # what is not sent now must not be sent later
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.write(descriptor, message) != len(message):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
            unfinished.rename(final)
            sync_directory(directory)
            undo.pop_all()
        return pending

    def orphans(self) -> list[PendingRequest]:
        """Take over requests to this bank whose process is gone: the oldest first, `MOST_AT_ONCE` of them at most.

        Each is locked for this process. Send it again and call `done`, or call `release`; then ask for more. A record
        that cannot be read is set aside, see `damaged`.
        Raises FileError, and ReadOnlyRecordsError where the records cannot be taken over.
        """
        with self._looking() as records, ExitStack() as held:
            adopted = [held.enter_context(pending) for pending in islice(self._ours(records), MOST_AT_ONCE)]
            held.pop_all()  # only now: where one fails, none stays locked
            return adopted

    def orphan_like(self, request: AccountRequest) -> tuple[PendingRequest | None, list[AccountRequest]]:
        """Take over the oldest orphan that asks for the same as `request`, if one does, and list the others.

        The others are not taken over: whoever sent one finds it again when he repeats his command. Raises FileError.
        """
        with self._looking() as records, ExitStack() as held:
            found: PendingRequest | None = None
            others: list[AccountRequest] = []
            for pending in self._ours(records):
                if found is None and _same(pending.request, request):
                    found = held.enter_context(pending)
                else:
                    others.append(pending.request)
                    pending.release()
            held.pop_all()
            return found, others

    def open_requests(self) -> list[AccountRequest]:
        """List the requests to this bank that no process waits for, the oldest first. Takes none over.

        Where nothing can be locked, this lists what `recorded` lists. Raises FileError.
        """
        return [request for request, mark in self._open() if mark.may_be(self._destination.bank)]

    def recorded(self) -> list[AccountRequest]:
        """List all requests to this bank, also those that a process waits for. Takes no lock. Raises FileError."""
        return [request for request, mark in self._all() if mark.may_be(self._destination.bank)]

    def open_elsewhere(self) -> list[tuple[AccountRequest, BankMark]]:
        """List the requests to other banks, with the marks of those. They are settled there. Raises FileError."""
        return [(request, mark) for request, mark in self._open() if not mark.may_be(self._destination.bank)]

    def holds(self, request: AccountRequest) -> bool:
        """Whether there is a record of this very request, at this moment."""
        records = self._places.records()
        return any(name.request_id == request.id and not name.suffix for _, name in records)

    def damaged(self) -> list[Path]:
        """List the records that could not be read. The person should compare the balance and remove them."""
        return sorted(path for path, name in self._places.records() if name.suffix.endswith(DAMAGED))

    def _open(self) -> list[tuple[AccountRequest, BankMark]]:
        found: list[tuple[AccountRequest, BankMark]] = []
        try:
            with self._looking() as records:
                for pending, mark in self._orphans(records):
                    found.append((pending.request, mark))
                    pending.release()
        except (ReadOnlyRecordsError, NewerFileError):
            return self._all()
        return found

    def _all(self) -> list[tuple[AccountRequest, BankMark]]:
        """List every record, whether a process waits for it or not."""
        with refusing(self._places.own, NOUN, "read"):
            whole = [(path, name) for path, name in self._places.records() if not name.suffix]
            return list(filter(None, starmap(read_unlocked, whole)))

    def _ours(self, records: list[tuple[Path, RecordName]]) -> Iterator[PendingRequest]:
        """Take over the requests to this bank, one after the other. A request to another bank is let go at once."""
        for pending, mark in self._orphans(records):
            if mark.may_be(self._destination.bank):
                yield pending
            else:
                pending.release()

    @staticmethod
    def _orphans(records: list[tuple[Path, RecordName]]) -> Iterator[tuple[PendingRequest, BankMark]]:
        for path, name in records:
            taken = take_over(path, name)
            if taken is not None:
                request, mark, descriptor = taken
                yield PendingRequest(request, path, descriptor), mark

    @contextmanager
    def _looking(self) -> Iterator[list[tuple[Path, RecordName]]]:
        """Give the records, the oldest first. No other process looks meanwhile, so none misses what is let go."""
        with refusing(self._places.own, NOUN, "read"), ExitStack() as locks:
            directories = {path.parent for path, _ in self._places.records()}
            if self._places.own.is_dir():  # where another process may be making one
                directories.add(self._places.own)
            for directory in sorted(directories):
                try:
                    locks.enter_context(locked_directory(directory))
                except OSError as error:
                    if error.errno in _CANNOT_WRITE:
                        raise ReadOnlyRecordsError(
                            f"The {NOUN} {directory} cannot be changed: {error.strerror}; make it writable first."
                        ) from None
                    raise
            locked = [record for record in self._places.records() if record[0].parent in directories]
            yield [(path, name) for path, name in locked if not name.suffix.endswith(DAMAGED)]


def _same(pending: AccountRequest, request: AccountRequest) -> bool:
    return pending.model_dump(exclude={"id"}) == request.model_dump(exclude={"id"})


def _take_back(unfinished: Path, final: Path) -> None:
    """Remove the record of a request that is not sent. Raises FileError where it stays, for it would be sent later."""
    with suppress(OSError):
        unfinished.unlink(missing_ok=True)  # should it stay, it is never sent
    with suppress(OSError):
        final.unlink(missing_ok=True)
        sync_directory(final.parent)
    if final.exists():
        raise FileError(
            f"The {NOUN} {final} can be neither made safe nor removed; nothing was sent now, but the same command "
            "again sends it, or the console does: remove that file if it should not be sent."
        )
