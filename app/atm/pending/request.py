"""A request in flight: sent, perhaps, and not yet both answered and told."""

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from app.atm.pending.record import NOUN
from app.protocol.messages import AccountRequest
from app.system.files import refusing, sync_directory


class PendingRequest:
    """A request in flight, held by this process. `request` is what to send, now or again.

    Call `done` when the answer has come and was told. Leaving the `with` block without that keeps the request for a
    later try. A request that moves no money has no record, so nothing of it is kept.
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
        """Forget the request, whose answer has come and was told. Raises FileError where it is not forgotten.

        Does nothing after `release`, for another process may have taken the request over.
        """
        if self._descriptor is None or self._path is None:
            return
        with refusing(self._path, NOUN, "removed"):
            self._path.unlink(missing_ok=True)
        with suppress(OSError):  # should it come back after a power cut, it is repeated, and moves nothing
            sync_directory(self._path.parent)
        self.release()

    def release(self) -> None:
        """Let go of the request. Its record stays, for this process or another. May be repeated."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
