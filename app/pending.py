"""The ATM's memory of requests that were sent and not answered, so that a retry repeats the id and not the money.

Beside the card lies a directory, `<card>.pending/`, with a file for every request in flight: on the disk before
the request is sent, gone after its answer was told. The process that sent it holds the file's lock, which dies with the
process; so a file that nobody holds is an orphan, and whoever locks it may send it again.
"""

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final

from app.card import Card
from app.errors import FileError, MessageError
from app.files import PRIVATE_MODE, locked_directory, make_private_directory, refusing, sync_directory
from app.messages import MAX_MESSAGE_SIZE, AccountRequest, CardRequest, encode, read_request

_NOUN = "record of pending requests"
_TAG_LENGTH = 16
_NAME = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{16})")
_UNFINISHED: Final = ".new"
_DAMAGED: Final = ".damaged"


class PendingRequest:
    """A request in flight, held by this process. `request` is what to send, now or again.

    Call `done` when its answer came and was told. Leaving the `with` block without that keeps the request for a later
    try. One that moves no money has no record, and nothing to keep.
    """

    def __init__(self, request: AccountRequest, path: Path | None = None, descriptor: int | None = None) -> None:
        self.request = request
        self._path = path
        self._descriptor = descriptor

    def __enter__(self) -> "PendingRequest":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def done(self) -> None:
        """Forget the request: its answer came, and was told. Raises FileError, and then it is not forgotten.

        Does nothing once it is let go: another process may have taken it over.
        """
        if self._descriptor is None or self._path is None:
            return
        with refusing(self._path, _NOUN, "removed"):
            self._path.unlink(missing_ok=True)
        with suppress(OSError):  # should it come back after a power cut, it is repeated, and moves nothing
            sync_directory(self._path.parent)
        self.release()

    def release(self) -> None:
        """Let go of the request without an answer; it stays, for this process or another. May be repeated."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


class PendingRequests:
    """The requests in flight of one card, by all the processes that use it.

    The records bear the mark of the card, not of its path alone: what was sent for one account is never sent
    again for another whose card came to lie in the same place.
    """

    def __init__(self, card_path: Path, card: Card) -> None:
        self._directory = card_path.with_name(f"{card_path.name}.pending")
        self._tag = card.secret.digest().hex()[:_TAG_LENGTH]

    def begin(self, request: AccountRequest) -> PendingRequest:
        """Record a request, on the disk when this returns, before it is sent.

        Raises FileError: it is not recorded, or, if it cannot be removed again either, the sentence says so.
        """
        make_private_directory(self._directory, _NOUN)
        final = self._path(request)
        unfinished = final.with_name(final.name + _UNFINISHED)
        with refusing(final, _NOUN, "written"), ExitStack() as undo:
            with locked_directory(self._directory):  # nobody sees the file before it is locked
                if final.exists() or unfinished.exists():
                    raise FileError(f"The request {request.id} is in flight already; wait for its answer.")
                descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_MODE)
                pending = undo.enter_context(PendingRequest(request, final, descriptor))
                undo.callback(_take_back, unfinished, final)  # what is not sent now must not be sent later
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            message = encode(request)
            if os.write(descriptor, message) != len(message):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
            unfinished.rename(final)
            sync_directory(self._directory)
            undo.pop_all()
        return pending

    def orphans(self) -> list[PendingRequest]:
        """Take over the requests of this card that were sent, perhaps, and whose process is gone.

        They are locked for us now, the oldest first; send each again and call `done`, or let it go. A record that
        cannot be read is set aside, see `damaged`. Raises FileError.
        """
        with self._adopted() as adopted:
            return adopted

    def orphan_like(self, request: AccountRequest) -> tuple[PendingRequest | None, list[AccountRequest]]:
        """Take over the oldest orphan that asks for the same as `request`, if one does, and list the others.

        Those stay whose they are: whoever sent one of them finds it when he repeats his command. Raises FileError.
        """
        with self._adopted() as adopted:
            found = next((pending for pending in adopted if _same(pending.request, request)), None)
            others = [pending for pending in adopted if pending is not found]
            for pending in others:
                pending.release()
        return found, [pending.request for pending in others]

    def holds(self, request: AccountRequest) -> bool:
        """Whether there is a record of this very request, at this moment."""
        return self._path(request).exists()

    def damaged(self) -> list[Path]:
        """List the records that could not be read: tell the person, who should compare the balance and remove them."""
        return sorted(self._directory.glob(f"*.{self._tag}*{_DAMAGED}"))

    def _path(self, request: AccountRequest) -> Path:
        return self._directory / f"{request.id}.{self._tag}"

    @contextmanager
    def _adopted(self) -> Iterator[list[PendingRequest]]:
        """Take over every orphan, the oldest first. Within, no other process looks: none misses what is let go."""
        adopted: list[PendingRequest] = []
        if not self._directory.is_dir():
            yield adopted
            return
        make_private_directory(self._directory, _NOUN)  # what others could put there, we would send
        with refusing(self._directory, _NOUN, "read"), locked_directory(self._directory), ExitStack() as held:
            for path in sorted(self._directory.iterdir(), key=_age):
                pending = self._adopt(path)
                if pending is not None:
                    adopted.append(held.enter_context(pending))
            yield adopted
            held.pop_all()  # only now: where one fails, none stays locked

    def _adopt(self, path: Path) -> PendingRequest | None:
        match = _NAME.fullmatch(path.name.removesuffix(_UNFINISHED))
        if match is None or match[2] != self._tag:
            return None
        if path.is_symlink() or (path.exists() and not path.is_file()):
            _set_aside(path)
            return None
        descriptor = _lock(path)
        if descriptor is None:
            return None
        request = None
        try:
            if path.name.endswith(_UNFINISHED):  # its process died before `begin` returned: it was never sent
                path.unlink(missing_ok=True)
            else:
                request = _read(descriptor, match[1])
                if request is None:
                    _set_aside(path)
        finally:
            if request is None:
                os.close(descriptor)
        return None if request is None else PendingRequest(request, path, descriptor)


def _age(path: Path) -> tuple[int, str]:
    """Sort by the time of writing: what was sent first may be what a later request leans on."""
    with suppress(FileNotFoundError):  # answered since we looked
        return path.lstat().st_mtime_ns, path.name
    return 0, path.name


def _read(descriptor: int, request_id: str) -> AccountRequest | None:
    """Read a record; None if it is none, or that of another request than its name says."""
    with suppress(MessageError):
        request = read_request(os.pread(descriptor, MAX_MESSAGE_SIZE + 1, 0))
        if not isinstance(request, CardRequest) and request.id == request_id:
            return request
    return None


def _same(pending: AccountRequest, request: AccountRequest) -> bool:
    return pending.model_dump(exclude={"id"}) == request.model_dump(exclude={"id"})


def _take_back(unfinished: Path, final: Path) -> None:
    """Remove the record of a request that is not sent. Raises FileError if that cannot be: it would be sent later."""
    with suppress(OSError):
        unfinished.unlink(missing_ok=True)  # should it stay, it is never sent
    with suppress(OSError):
        final.unlink(missing_ok=True)
        sync_directory(final.parent)
    if final.exists():
        raise FileError(
            f"The {_NOUN} {final} can be neither made safe nor removed; nothing was sent now, but the same command "
            "again sends it, or the console does: remove that file if it should not be sent."
        )


def _set_aside(path: Path) -> None:
    path.rename(path.with_name(path.name + _DAMAGED))


def _lock(path: Path) -> int | None:
    """Open and lock a record; None when another process holds it or has just removed it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink > 0:
            return descriptor
    except BlockingIOError:
        pass
    os.close(descriptor)
    return None
