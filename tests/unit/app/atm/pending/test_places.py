"""Where records lie: beside the card itself; and where they lay before, by whichever name that was."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from app.atm.pending.store import MOST_AT_ONCE, PendingRequests
from app.credentials.card import Card
from app.protocol.messages import AccountRequest, DepositRequest, encode, new_request_id
from app.system.errors import FileError
from tests.unit.app.atm.pending.records import adopted

StartProgram = Callable[..., subprocess.Popen[str]]


def deposit() -> DepositRequest:
    return DepositRequest(id=new_request_id(), amount=5000)


def left_behind(directory: Path, card: Card, age: int = 0) -> DepositRequest:
    """A record as the first versions wrote it, in the directory where they did."""
    request = deposit()
    directory.mkdir(mode=0o700, exist_ok=True)
    record = directory / f"{request.id}.{card.secret.digest().hex()[:16]}"
    record.touch(mode=0o600)
    record.write_bytes(encode(request))
    os.utime(record, ns=(0, age))
    return request


@pytest.fixture
def links(card_path: Path, tmp_path: Path) -> list[Path]:
    """Two links to the card, one through the other, each in a directory of its own."""
    paths = []
    target = card_path
    for name in ("near", "far"):
        (tmp_path / name).mkdir(mode=0o700)
        link = tmp_path / name / f"{name}.card"
        link.symlink_to(os.path.relpath(target, link.parent))
        paths.append(link)
        target = link
    return paths


def test_what_lies_beside_each_link_on_the_way_is_found_in_the_order_of_sending(
    card: Card, card_path: Path, links: list[Path]
) -> None:
    near, far = links
    sent = [
        left_behind(path.with_name(f"{path.name}.pending"), card, age)
        for age, path in enumerate((far, card_path, near))
    ]
    assert adopted(PendingRequests(far, card)) == sent
    assert adopted(PendingRequests(near, card)) == sent[1:]
    assert adopted(PendingRequests(card_path, card)) == sent[1:2]
    new = deposit()
    PendingRequests(far, card).begin(new).release()
    assert [path.name[:32] for path in card_path.with_name("demo.card.pending").iterdir() if new.id in path.name]
    pending = PendingRequests(far, card)
    for handle in pending.orphans():
        assert pending.holds(handle.request)
        handle.done()
        assert not pending.holds(handle.request)
    assert [
        *far.parent.glob("*.pending/*"),
        *near.parent.glob("*.pending/*"),
        *card_path.parent.glob("*.pending/*"),
    ] == []


def test_a_card_that_is_renamed_keeps_its_memory(card: Card, card_path: Path) -> None:
    request = deposit()
    PendingRequests(card_path, card).begin(request).release()
    renamed = card_path.rename(card_path.with_name("mine.card"))
    pending = PendingRequests(renamed, card)
    assert adopted(pending) == [request]
    later = deposit()
    pending.begin(later).release()
    assert adopted(pending) == [request, later]
    assert renamed.with_name("mine.card.pending").is_dir()


def test_a_card_that_is_renamed_finds_its_memory_behind_a_link(card: Card, card_path: Path, tmp_path: Path) -> None:
    with PendingRequests(card_path, card).begin(deposit()) as pending:
        sent = pending.request
    memory = card_path.with_name(f"{card_path.name}.pending")
    memory.rename(tmp_path / "elsewhere")
    memory.symlink_to(tmp_path / "elsewhere")
    card_path.with_name("again.pending").symlink_to(memory.name)  # the same directory once more
    card_path.with_name("nowhere.pending").symlink_to("nowhere")
    card_path.with_name("round.pending").symlink_to("round.pending")
    assert adopted(PendingRequests(card_path, card)) == [sent]
    renamed = card_path.rename(card_path.with_name("renamed.card"))
    assert adopted(PendingRequests(renamed, card)) == [sent]


def test_a_copy_in_the_same_folder_finds_what_was_sent(card: Card, card_path: Path) -> None:
    request = deposit()
    PendingRequests(card_path, card).begin(request).release()
    assert adopted(PendingRequests(card_path.with_name("copy.card"), card)) == [request]


def test_damaged_records_are_found_there_too(card: Card, links: list[Path]) -> None:
    directory = links[0].with_name("near.card.pending")
    left_behind(directory, card)
    (record,) = directory.iterdir()
    record.write_bytes(b"")
    pending = PendingRequests(links[0], card)
    assert pending.orphans() == []
    assert pending.damaged() == [record.with_name(f"{record.name}.damaged")]
    unfinished = directory / f"{'0' * 32}.{card.secret.digest().hex()[:16]}.new"
    unfinished.mkdir()
    assert pending.orphans() == []
    assert unfinished.with_name(f"{unfinished.name}.damaged") in pending.damaged()


def test_directories_of_others_are_none_of_ours(card: Card, card_path: Path, give_away: Callable[[Path], int]) -> None:
    strange = card_path.with_name("strange.pending")
    left_behind(strange, card)
    strange.chmod(0o777)
    pending = PendingRequests(card_path, card)
    with pytest.raises(FileError, match=r"strange\.pending can be changed by other users \(mode 0777\)"):
        pending.orphans()
    give_away(strange)
    if os.geteuid() == 0:  # without root's rights we have become another, and the card's directory is not ours now
        assert pending.orphans() == []
    (card_path.parent / "file.pending").touch()
    (card_path.parent / "link.pending").symlink_to(strange)
    if os.geteuid() == 0:
        assert pending.orphans() == []


def test_so_many_are_taken_over_at_once_and_then_the_next(card: Card, card_path: Path) -> None:
    """Each is an open file, and a process may have few of them."""
    pending = PendingRequests(card_path, card)
    sent = [deposit() for _ in range(2 * MOST_AT_ONCE + 1)]
    for request in sent:
        pending.begin(request).release()
    settled: list[AccountRequest] = []
    while handles := pending.orphans():
        assert len(handles) <= MOST_AT_ONCE
        for handle in handles:
            settled.append(handle.request)
            handle.done()
    assert settled == sent


WITH_FEW_DESCRIPTORS = """
import resource, sys
from pathlib import Path
from app.credentials.card import read_card
from app.protocol.messages import DepositRequest, WithdrawRequest, new_request_id
from app.atm.pending.store import PendingRequests

resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
path = Path(sys.argv[1])
pending = PendingRequests(path, read_card(path))
for _ in range(300):
    pending.begin(DepositRequest(id=new_request_id(), amount=1)).release()
found, others = pending.orphan_like(WithdrawRequest(id=new_request_id(), amount=1))
print(found, len(others), len(pending.open_requests()))
count = 0
while handles := pending.orphans():
    for handle in handles:
        handle.done()
        count += 1
print(count)
"""


@pytest.mark.usefixtures("card")
def test_hundreds_of_them_with_few_descriptors(card_path: Path, start_program: StartProgram) -> None:
    process = start_program(WITH_FEW_DESCRIPTORS, card_path)
    assert process.communicate()[0] == "None 300 300\n300\n"
