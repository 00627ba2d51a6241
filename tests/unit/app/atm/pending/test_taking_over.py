"""Requests whose process is gone are taken over by one process, never by another card; what is damaged is set aside."""

import errno
import os
import signal
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
from app.system.private_directories import locked_directory
from tests.unit.app.atm.pending.records import adopted, directory, is_record, withdraw

StartProgram = Callable[..., subprocess.Popen[str]]


def test_a_directory_in_which_others_can_put_requests(pending: PendingRequests, card_path: Path) -> None:
    pending.begin(withdraw()).release()
    directory(card_path).chmod(0o770)
    for act in (pending.orphans, lambda: pending.begin(withdraw())):
        with pytest.raises(FileError, match=r"can be changed by other users \(mode 0770\); run `chmod 700 "):
            act()
    directory(card_path).chmod(0o700)
    assert len(adopted(pending)) == 1


def test_an_orphan_is_adopted_once(pending: PendingRequests) -> None:
    pending.begin(withdraw()).release()
    (handle,) = pending.orphans()
    assert pending.orphans() == []
    handle.release()
    assert len(adopted(pending)) == 1


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
