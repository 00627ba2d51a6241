"""A request is on the disk before it is sent, and gone after its answer was told; what fails leaves no half of it."""

import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.atm.pending.request import PendingRequest
from app.atm.pending.store import PendingRequests
from app.protocol.messages import AccountRequest, CheckRequest, DepositRequest, WithdrawRequest, encode, new_request_id
from app.system.errors import FileError
from tests.unit.app.atm.pending.records import adopted, directory, is_record, withdraw


@contextmanager
def acts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    seen: list[str] = []
    real_sync, real_rename, real_unlink = os.fsync, os.rename, os.unlink

    def fsync(descriptor: int) -> None:
        seen.append("sync directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
        real_sync(descriptor)

    def rename(source: str, target: str) -> None:
        seen.append("rename")
        real_rename(source, target)

    def unlink(path: str) -> None:
        if is_record(path):
            seen.append("unlink")
        real_unlink(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        patch.setattr(os, "rename", rename)
        patch.setattr(os, "unlink", unlink)
        yield seen


def test_a_request_is_safe_on_the_disk_before_it_is_sent(
    pending: PendingRequests, card_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = withdraw()
    directory(card_path).mkdir(mode=0o700)
    with acts(monkeypatch) as seen:
        handle = pending.begin(request)
    assert seen == ["sync file", "rename", "sync directory"]
    (path,) = directory(card_path).iterdir()
    assert path.read_bytes() == b"suitecase request 1 - - -\n" + encode(request)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with acts(monkeypatch) as seen:
        handle.done()
    assert seen == ["unlink", "sync directory"]
    assert list(directory(card_path).iterdir()) == []


def test_the_directory_is_private_and_beside_the_card(pending: PendingRequests, card_path: Path) -> None:
    assert pending.orphans() == []
    assert not directory(card_path).exists()
    pending.begin(withdraw()).done()
    assert stat.S_IMODE(directory(card_path).stat().st_mode) == 0o700


def test_a_request_in_flight_is_no_orphan(pending: PendingRequests) -> None:
    handle = pending.begin(withdraw())
    assert pending.orphans() == []
    handle.release()
    assert adopted(pending) == [handle.request]


def test_an_unanswered_request_stays_until_it_is_done(pending: PendingRequests) -> None:
    requests: list[AccountRequest] = [
        withdraw(),
        DepositRequest(id=new_request_id(), amount=1),
        CheckRequest(id=new_request_id()),
    ]
    for request in requests:
        with pending.begin(request):
            pass  # no answer came
    assert sorted(request.id for request in adopted(pending)) == sorted(request.id for request in requests)
    for handle in pending.orphans():
        with handle:
            handle.done()
    assert pending.orphans() == []


def test_an_exception_keeps_the_request(pending: PendingRequests) -> None:
    request = withdraw()
    with pytest.raises(ConnectionError), pending.begin(request):
        raise ConnectionError
    assert adopted(pending) == [request]


def test_done_and_release_may_be_repeated(pending: PendingRequests) -> None:
    handle = pending.begin(withdraw())
    handle.done()
    handle.done()
    handle.release()
    assert pending.orphans() == []


def test_an_id_in_flight_is_not_begun_again(pending: PendingRequests) -> None:
    request = withdraw()
    with pending.begin(request), pytest.raises(FileError, match="is in flight already"):
        pending.begin(request)
    with pytest.raises(FileError, match="is in flight already"):
        pending.begin(WithdrawRequest(id=request.id, amount=1))
    assert adopted(pending) == [request]


def test_a_begin_that_fails_leaves_nothing(
    pending: PendingRequests, card_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int, _data: bytes) -> int:
        return 3

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(FileError, match="cannot be written: No space left on device"):
            pending.begin(withdraw())
    assert list(directory(card_path).iterdir()) == []


def test_what_could_not_be_made_safe_is_not_sent_later_either(
    pending: PendingRequests, card_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record has its name already when its directory cannot be synced, and the person is told that it failed."""
    pending.begin(withdraw()).done()
    real = os.fsync

    def fail(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(FileError, match="cannot be written: Input/output error"):
            pending.begin(withdraw())
    assert list(directory(card_path).iterdir()) == []


def test_what_can_be_neither_made_safe_nor_removed_is_told_so(
    pending: PendingRequests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the disk fails at the sync and is read-only from then on: nothing was sent, and it would be later."""
    request = withdraw()
    pending.begin(withdraw()).done()
    real = os.fsync

    def fail(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        patch.setattr(os, "unlink", records_stay(os.unlink))
        with pytest.raises(FileError, match=r"neither made safe nor removed; nothing was sent now, but .* sends it"):
            pending.begin(request)
    assert pending.holds(request)
    assert adopted(pending) == [request]


def records_stay(real: Callable[[str], None]) -> Callable[[str], None]:
    def unlink(path: str) -> None:
        if is_record(path):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        real(path)

    return unlink


def test_a_request_is_forgotten_or_said_not_to_be(pending: PendingRequests, monkeypatch: pytest.MonkeyPatch) -> None:
    """That the removal is not safe on the disk is no failure: a record that came back would move nothing."""

    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    kept, gone = pending.begin(withdraw()), pending.begin(withdraw())
    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", records_stay(os.unlink))
        with pytest.raises(FileError, match="cannot be removed: Read-only file system"):
            kept.done()
    assert pending.holds(kept.request)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        gone.done()
    assert not pending.holds(gone.request)
    kept.release()
    assert adopted(pending) == [kept.request]


def test_one_that_moves_no_money_has_no_record(pending: PendingRequests) -> None:
    request = CheckRequest(id=new_request_id())
    with PendingRequest(request) as handle:
        assert handle.request == request
        assert not pending.holds(request)
        handle.done()


def open_files() -> set[str]:
    return {str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()}


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are read off /proc")
def test_a_lock_that_is_not_to_be_had_leaves_nothing(
    pending: PendingRequests, card_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending.begin(withdraw()).done()
    real = fcntl.flock

    def none_left(descriptor: int, operation: int) -> None:
        if is_record(Path(f"/proc/self/fd/{descriptor}").readlink()):
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
        real(descriptor, operation)

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", none_left)
        with pytest.raises(FileError, match="cannot be written: No locks available"):
            pending.begin(withdraw())
    assert list(directory(card_path).iterdir()) == []
    assert [name for name in open_files() if "demo.card.pending" in name] == []


def test_what_was_let_go_is_no_longer_ours_to_forget(pending: PendingRequests) -> None:
    handle = pending.begin(withdraw())
    handle.release()
    (taken_over,) = pending.orphans()
    handle.done()
    taken_over.release()
    assert adopted(pending) == [handle.request]


def test_a_directory_that_cannot_be_made_is_a_sentence(pending: PendingRequests, card_path: Path) -> None:
    directory(card_path).touch()
    with pytest.raises(FileError, match="is not a directory; give another path"):
        pending.begin(withdraw())
