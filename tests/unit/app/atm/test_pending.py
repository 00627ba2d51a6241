"""Requests in flight: on the disk before they are sent, adopted by one process, never by a wrong card."""

import errno
import fcntl
import os
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.atm.pending import store
from app.atm.pending.request import PendingRequest
from app.atm.pending.store import PendingRequests
from app.credentials.card import Card
from app.ledger import Ledger
from app.protocol.messages import AccountRequest, CheckRequest, DepositRequest, WithdrawRequest, encode, new_request_id
from app.protocol.secret import CardSecret
from app.system.errors import FileError
from app.system.files import locked_directory

StartProgram = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def pending(card: Card, card_path: Path) -> PendingRequests:
    return PendingRequests(card_path, card)


def withdraw() -> WithdrawRequest:
    return WithdrawRequest(id=new_request_id(), amount=5000)


def directory(card_path: Path) -> Path:
    return card_path.with_name("demo.card.pending")


def adopted(pending: PendingRequests) -> list[AccountRequest]:
    """What is adopted now, let go again at once."""
    handles = pending.orphans()
    for handle in handles:
        handle.release()
    return [handle.request for handle in handles]


def is_record(path: object) -> bool:
    """Whether this is a record, finished or not, and not what the lock of the directory needs."""
    return isinstance(path, str | Path) and len(Path(path).name.partition(".")[0]) == 32


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


def test_a_directory_in_which_others_can_put_requests(pending: PendingRequests, card_path: Path) -> None:
    pending.begin(withdraw()).release()
    directory(card_path).chmod(0o770)
    for act in (pending.orphans, lambda: pending.begin(withdraw())):
        with pytest.raises(FileError, match=r"can be changed by other users \(mode 0770\); run `chmod 700 "):
            act()
    directory(card_path).chmod(0o700)
    assert len(adopted(pending)) == 1


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


def test_an_orphan_is_adopted_once(pending: PendingRequests) -> None:
    pending.begin(withdraw()).release()
    (handle,) = pending.orphans()
    assert pending.orphans() == []
    handle.release()
    assert len(adopted(pending)) == 1


def test_an_id_in_flight_is_not_begun_again(pending: PendingRequests) -> None:
    request = withdraw()
    with pending.begin(request), pytest.raises(FileError, match="is in flight already"):
        pending.begin(request)
    with pytest.raises(FileError, match="is in flight already"):
        pending.begin(WithdrawRequest(id=request.id, amount=1))
    assert adopted(pending) == [request]


def test_another_card_in_the_same_place_repeats_nothing(pending: PendingRequests, card_path: Path) -> None:
    request = withdraw()
    pending.begin(request).release()
    other = PendingRequests(card_path, Card("demo", CardSecret.generate()))
    assert other.orphans() == []
    assert other.damaged() == []
    assert adopted(pending) == [request]


def test_a_begin_cut_short_was_never_sent(pending: PendingRequests, card_path: Path) -> None:
    pending.begin(withdraw()).release()
    (path,) = directory(card_path).iterdir()
    unfinished = path.with_name(f"{'0' * 32}{path.suffix}.new")
    unfinished.write_bytes(b'{"type":"WIT')
    assert len(adopted(pending)) == 1
    assert list(directory(card_path).iterdir()) == [path]


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


def test_the_oldest_that_asks_for_the_same_is_taken_over_and_no_other(
    pending: PendingRequests, card_path: Path
) -> None:
    same = [WithdrawRequest(id=letter * 32, amount=5000) for letter in "b0"]
    others: list[AccountRequest] = [
        WithdrawRequest(id="e" * 32, amount=5001),
        DepositRequest(id="f" * 32, amount=5000),
    ]
    for age, request in enumerate([others[0], *same, others[1]]):
        pending.begin(request).release()
        (path,) = directory(card_path).glob(f"{request.id}*")
        os.utime(path, ns=(0, age))
    found, left = pending.orphan_like(withdraw())
    assert found is not None
    assert found.request == same[0]
    assert left == [others[0], same[1], others[1]]
    assert adopted(pending) == left
    found.done()
    assert pending.orphan_like(CheckRequest(id=new_request_id())) == (None, left)
    assert adopted(pending) == left


def test_what_is_left_is_never_missed_by_another_process(
    pending: PendingRequests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever repeats the one must not find it locked by who looks for another: he would make it anew."""
    pending.begin(withdraw()).release()
    alone: list[bool] = []
    real = PendingRequest.release
    with watching_the_lock(monkeypatch) as held:

        def watch(handle: PendingRequest) -> None:
            alone.append(bool(held))
            real(handle)

        monkeypatch.setattr(PendingRequest, "release", watch)
        pending.orphan_like(DepositRequest(id=new_request_id(), amount=1))
    assert alone == [True]


@contextmanager
def watching_the_lock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """Give a list that holds the directory of the requests as long as it is locked."""
    held: list[Path] = []

    @contextmanager
    def locked(path: Path) -> Iterator[None]:
        with locked_directory(path):
            held.append(path)
            yield
            held.remove(path)

    with monkeypatch.context() as patch:
        patch.setattr(store, "locked_directory", locked)
        yield held


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


def test_the_oldest_is_taken_over_first(pending: PendingRequests, card_path: Path) -> None:
    requests = [WithdrawRequest(id=letter * 32, amount=1) for letter in "b0f7"]
    for age, request in enumerate(requests):
        pending.begin(request).release()
        (path,) = directory(card_path).glob(f"{request.id}*")
        os.utime(path, ns=(0, age))
    assert adopted(pending) == requests


@pytest.mark.parametrize("kind", ["directory", "pipe", "link", "link to nowhere"])
def test_what_is_no_file_is_set_aside_and_keeps_nothing_up(
    pending: PendingRequests, card_path: Path, kind: str
) -> None:
    good = withdraw()
    pending.begin(good).release()
    (record,) = directory(card_path).iterdir()
    strange = record.with_name(f"{'0' * 32}{record.suffix}")
    if kind == "directory":
        strange.mkdir()
    elif kind == "pipe":
        os.mkfifo(strange)
    else:
        strange.symlink_to(record if kind == "link" else "nowhere")
    assert adopted(pending) == [good]
    assert [path.name for path in pending.damaged()] == [f"{strange.name}.damaged"]
    assert adopted(pending) == [good]


def test_where_one_record_fails_none_stays_locked(pending: PendingRequests, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = [withdraw() for _ in range(3)]
    for request in requests:
        pending.begin(request).release()
    real, read = os.pread, []

    def fail_at_the_last(descriptor: int, size: int, offset: int) -> bytes:
        read.append(descriptor)
        if len(read) == len(requests):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(descriptor, size, offset)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", fail_at_the_last)
        with pytest.raises(FileError, match="cannot be read: Input/output error"):
            pending.orphans()
    assert len(adopted(pending)) == 3


def test_another_cards_damaged_record_is_none_of_ours(pending: PendingRequests, card_path: Path) -> None:
    pending.begin(withdraw()).release()
    (record,) = directory(card_path).iterdir()
    record.write_bytes(b"")
    assert pending.orphans() == []
    assert len(pending.damaged()) == 1
    assert PendingRequests(card_path, Card("demo", CardSecret.generate())).damaged() == []


def test_a_directory_that_cannot_be_made_is_a_sentence(pending: PendingRequests, card_path: Path) -> None:
    directory(card_path).touch()
    with pytest.raises(FileError, match="is not a directory; give another path"):
        pending.begin(withdraw())


@pytest.mark.parametrize("content", [b"", b"\xff", b"{}", b"x" * 10_000, encode(withdraw())], ids=range(5))
def test_a_damaged_record_is_set_aside_and_never_lost(
    pending: PendingRequests, card_path: Path, content: bytes
) -> None:
    good, bad = withdraw(), withdraw()
    pending.begin(good).release()
    pending.begin(bad).release()
    (path,) = directory(card_path).glob(f"{bad.id}*")
    path.write_bytes(content)
    assert adopted(pending) == [good]
    (aside,) = pending.damaged()
    assert aside.read_bytes() == content
    assert aside.name.startswith(bad.id)
    assert adopted(pending) == [good]


def test_a_card_message_is_no_pending_request(pending: PendingRequests, card: Card, card_path: Path) -> None:
    pending.begin(withdraw()).release()
    (path,) = directory(card_path).iterdir()
    path.write_bytes(encode(card.request()))
    assert pending.orphans() == []
    assert len(pending.damaged()) == 1


def test_strange_names_are_left_alone(pending: PendingRequests, card_path: Path) -> None:
    pending.begin(withdraw()).done()
    for name in ("README", ".hidden", "0" * 32, f"{'0' * 32}.{'0' * 15}", f"{'0' * 32}.{'0' * 16}.bak"):
        (directory(card_path) / name).write_text("keep")
    assert pending.orphans() == []
    assert len(list(directory(card_path).iterdir())) == 5


def test_a_record_removed_while_it_is_being_adopted(
    pending: PendingRequests, card_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending.begin(withdraw()).release()
    (path,) = directory(card_path).iterdir()
    real = os.open

    def late(name: str, *arguments: int) -> int:
        descriptor = real(name, *arguments)
        if Path(name) == path:
            path.unlink()  # its owner was answered between our opening and our locking
        return descriptor

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", late)
        assert pending.orphans() == []
    assert pending.orphans() == []


def test_nobody_looks_while_a_record_is_made_and_not_yet_locked(
    pending: PendingRequests, card_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending.begin(withdraw()).release()
    opened: list[tuple[str, list[Path]]] = []
    real = os.open
    with watching_the_lock(monkeypatch) as held, monkeypatch.context() as patch:

        def watch(name: str, *arguments: int) -> int:
            if is_record(name):
                opened.append((Path(name).suffix, list(held)))
            return real(name, *arguments)

        patch.setattr(os, "open", watch)
        pending.begin(withdraw()).release()
        adopted(pending)
    assert [suffix == ".new" for suffix, _ in opened] == [True, False, False]  # one made, two adopted
    assert all(alone == [directory(card_path)] for _, alone in opened)


HOLD = """
import sys
from pathlib import Path
from app.credentials.card import read_card
from app.protocol.messages import WithdrawRequest
from app.atm.pending.store import PendingRequests

path = Path(sys.argv[1])
handle = PendingRequests(path, read_card(path)).begin(WithdrawRequest(id=sys.argv[2], amount=5000))
print("sent", flush=True)
sys.stdin.readline()
"""

ADOPT_AND_APPLY = """
import sys
from pathlib import Path
from app.credentials.card import read_card
from app.ledger import Ledger
from app.atm.pending.store import PendingRequests
from tests.support.accounts import apply

path = Path(sys.argv[1])
card = read_card(path)
with Ledger(Path(sys.argv[2])) as ledger:
    sys.stdin.readline()
    handles = PendingRequests(path, card).orphans()
    for handle in handles:
        apply(ledger, card.account, handle.request)
        handle.done()
    print(len(handles), flush=True)
"""


def test_a_killed_process_leaves_an_orphan_and_a_living_one_does_not(
    pending: PendingRequests, card_path: Path, start_program: StartProgram
) -> None:
    identity = new_request_id()
    process = start_program(HOLD, card_path, identity)
    if process.stdout is None:
        raise TypeError("a pipe was asked for")
    assert process.stdout.readline() == "sent\n"
    assert pending.orphans() == []
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert adopted(pending) == [WithdrawRequest(id=identity, amount=5000)]


def test_processes_that_start_at_once_share_the_orphans_out(
    pending: PendingRequests, card_path: Path, ledger: Ledger, ledger_path: Path, start_program: StartProgram
) -> None:
    for _ in range(12):
        pending.begin(DepositRequest(id=new_request_id(), amount=3)).release()
    processes = [start_program(ADOPT_AND_APPLY, card_path, ledger_path) for _ in range(3)]
    for process in processes:
        if process.stdin is None:
            raise TypeError("a pipe was asked for")
        process.stdin.write("go\n")
        process.stdin.flush()
    assert sum(int(process.communicate()[0]) for process in processes) == 12
    assert pending.orphans() == []
    audit = ledger.verify()
    assert (audit.entries, audit.total) == (12, 36)
