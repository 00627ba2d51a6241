"""A record names the bank that it is for: at another it is neither sent, nor forgotten, nor taken for the same."""

import errno
import os
from pathlib import Path

import pytest

from app.atm.pending.mark import BankMark, Destination
from app.atm.pending.record import MAX_RECORD, RecordName, read_record, write_record
from app.atm.pending.store import PendingRequests, ReadOnlyRecordsError
from app.credentials.card import Card
from app.credentials.public_key import BankIdentity, BankKeys, fingerprint
from app.credentials.versions import NewerFileError
from app.protocol.messages import AccountRequest, CheckRequest, DepositRequest, WithdrawRequest, encode, new_request_id
from app.system.errors import FileError
from tests.unit.app.atm.pending.records import adopted

SUITE, OTHER_SUITE = "des3-bg-hmac", "aes-x-hmac"
KEY, OTHER_KEY = b"a key", b"another key"
ONE, TWO = BankIdentity(bytes(range(32))), BankIdentity(bytes(32))

BY_IDENTITY = Destination(BankKeys(ONE, {SUITE: KEY}), SUITE)
BY_KEY = Destination(BankKeys(None, {SUITE: KEY}), SUITE)
ANOTHER = Destination(BankKeys(TWO, {SUITE: OTHER_KEY}), SUITE)


def deposit(amount: int = 5000) -> DepositRequest:
    return DepositRequest(id=new_request_id(), amount=amount)


def mark_of(record: Path) -> str:
    return record.read_bytes().partition(b"\n")[0].decode()


def test_a_record_says_which_bank_it_is_for(card: Card, card_path: Path) -> None:
    for destination, said in (
        (BY_IDENTITY, f"{ONE.encode()} {SUITE} {fingerprint(KEY)}"),
        (BY_KEY, f"- {SUITE} {fingerprint(KEY)}"),
        (Destination(), "- - -"),
    ):
        request = deposit()
        with PendingRequests(card_path, card, destination).begin(request) as handle:
            (record,) = card_path.with_name("demo.card.pending").iterdir()
            assert mark_of(record) == f"suitecase request 1 {said}"
            assert record.read_bytes().endswith(b"\n" + encode(request))
            handle.done()


def test_at_another_bank_it_is_left_alone_and_mentioned(card: Card, card_path: Path) -> None:
    here, there = PendingRequests(card_path, card, BY_IDENTITY), PendingRequests(card_path, card, ANOTHER)
    request = deposit()
    here.begin(request).release()
    assert there.orphans() == []
    assert there.orphan_like(deposit()) == (None, [])
    assert there.open_requests() == there.recorded() == []
    assert [(each, str(mark)) for each, mark in there.open_elsewhere()] == [(request, ONE.fingerprint)]
    assert here.open_elsewhere() == []
    assert here.open_requests() == here.recorded() == adopted(here) == [request]
    found, others = here.orphan_like(deposit())
    assert found is not None
    assert (found.request, others) == (request, [])
    assert there.open_elsewhere() == []  # it is in flight now
    found.release()


@pytest.mark.parametrize(
    ("mark", "bank", "same"),
    [
        (BankMark(ONE, SUITE, fingerprint(KEY)), BankKeys(ONE, {SUITE: OTHER_KEY}), True),  # its key has changed
        (BankMark(ONE, SUITE, fingerprint(KEY)), BankKeys(ONE, {OTHER_SUITE: OTHER_KEY}), True),
        (BankMark(ONE, SUITE, fingerprint(KEY)), BankKeys(TWO, {SUITE: KEY}), False),
        (BankMark(ONE, SUITE, fingerprint(KEY)), BankKeys(None, {SUITE: KEY}), True),
        (BankMark(ONE, SUITE, fingerprint(KEY)), BankKeys(None, {SUITE: OTHER_KEY}), False),
        (BankMark(None, SUITE, fingerprint(KEY)), BankKeys(ONE, {SUITE: KEY}), True),
        (BankMark(None, SUITE, fingerprint(KEY)), BankKeys(ONE, {SUITE: OTHER_KEY}), False),
        (BankMark(None, SUITE, fingerprint(KEY)), BankKeys(ONE, {OTHER_SUITE: OTHER_KEY, SUITE: KEY}), True),
        (BankMark(None, SUITE, fingerprint(KEY)), BankKeys(None, {OTHER_SUITE: KEY}), False),
        (BankMark(), BankKeys(ONE, {SUITE: KEY}), True),  # from before records named a bank
        (BankMark(), BankKeys(), True),
    ],
)
def test_what_is_the_same_bank(mark: BankMark, bank: BankKeys, *, same: bool) -> None:
    assert mark.may_be(bank) is same


def test_a_record_from_before_is_settled_where_its_card_is_used(card: Card, card_path: Path) -> None:
    request = deposit()
    pending = PendingRequests(card_path, card, BY_IDENTITY)
    pending.begin(deposit()).done()
    tag = card.secret.digest().hex()[:16]
    record = card_path.with_name("demo.card.pending") / f"{request.id}.{tag}"
    record.touch(mode=0o600)
    record.write_bytes(encode(request))
    found, _ = pending.orphan_like(deposit())
    assert found is not None
    assert found.request == request
    found.done()
    assert not record.exists()


def test_the_order_of_sending_outlives_a_clock_that_is_set_back(card: Card, card_path: Path) -> None:
    """Those from before have no order but their time, and were sent earlier than all that have one."""
    pending = PendingRequests(card_path, card, BY_IDENTITY)
    directory = card_path.with_name("demo.card.pending")
    sent: list[AccountRequest] = [WithdrawRequest(id=letter * 32, amount=1) for letter in "b0f7"]
    for number, request in enumerate(sent):
        pending.begin(request).release()
        (record,) = directory.glob(f"{request.id}*")
        os.utime(record, ns=(0, 1_000_000 - number))
    before = [WithdrawRequest(id=letter * 32, amount=1) for letter in "9e"]
    for age, request in enumerate(before):
        record = directory / f"{request.id}.{card.secret.digest().hex()[:16]}"
        record.touch(mode=0o600)
        record.write_bytes(encode(request))
        os.utime(record, ns=(0, 2_000_000 + age))
    assert adopted(pending) == pending.recorded() == [*before, *sent]
    for number, handle in enumerate(pending.orphans()):
        handle.done() if number < 4 else handle.release()
    last = WithdrawRequest(id="1" * 32, amount=1)
    pending.begin(last).release()
    assert adopted(pending) == [*sent[2:], last]


def test_a_record_of_a_newer_program_stops_money_and_is_not_set_aside(card: Card, card_path: Path) -> None:
    pending = PendingRequests(card_path, card, BY_IDENTITY)
    request = deposit()
    pending.begin(request).release()
    pending.begin(deposit(1)).release()
    (record,) = card_path.with_name("demo.card.pending").glob(f"{request.id}*")
    newer = record.read_bytes().replace(b"request 1", b"request 2")
    record.write_bytes(newer)
    for act in (pending.orphans, lambda: pending.orphan_like(deposit())):
        with pytest.raises(NewerFileError, match="was written by a newer suitecase"):
            act()
    assert [each.model_dump()["amount"] for each in pending.open_requests()] == [1]
    assert record.read_bytes() == newer
    assert pending.damaged() == []


@pytest.mark.parametrize(
    "line",
    [
        "suitecase request 1",
        "suitecase request 1 - -",
        "suitecase request 1 - - - -",
        "suitecase request 1 AAAA - -",
        "suitecase request 1 - SUITE SHA256:x",
        "suitecase request x - - -",
        "suitecase card 1 - - -",
    ],
)
def test_a_damaged_mark_is_no_mark(tmp_path: Path, line: str) -> None:
    request = deposit()
    name = RecordName(request.id, 1, "0" * 16)
    good = write_record(request, BankMark())
    assert read_record(good, name, tmp_path) == (request, BankMark())
    assert read_record(line.encode() + b"\n" + encode(request), name, tmp_path) is None


def test_no_record_is_written_longer_than_it_is_read(card: Card, card_path: Path) -> None:
    suite = f"{'a' * MAX_RECORD}-b"
    destination = Destination(BankKeys(ONE, {suite: KEY}), suite)
    with pytest.raises(FileError, match=f"would be longer than {MAX_RECORD} bytes; choose another suite"):
        PendingRequests(card_path, card, destination).begin(deposit())
    assert not card_path.with_name("demo.card.pending").exists()


def test_a_check_asks_nothing_of_the_disk_but_to_be_read(
    card: Card, card_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending = PendingRequests(card_path, card, BY_IDENTITY)
    sent = [deposit(1), deposit(2)]
    for request in sent:
        pending.begin(request).release()
    PendingRequests(card_path, card, ANOTHER).begin(deposit(3)).release()
    real = os.open

    def read_only(name: str, flags: int, *arguments: int) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return real(name, flags, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", read_only)
        assert pending.open_requests() == pending.recorded() == sent
        assert len(pending.open_elsewhere()) == 1
        for act in (pending.orphans, lambda: pending.orphan_like(deposit(1))):
            with pytest.raises(ReadOnlyRecordsError, match="cannot be changed: Read-only file system; make"):
                act()
        with pytest.raises(FileError, match="cannot be written: Read-only file system"):
            pending.begin(deposit(4))
    assert adopted(pending) == sent
    assert pending.orphan_like(CheckRequest(id=new_request_id())) == (None, sent)
