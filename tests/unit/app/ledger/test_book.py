"""The ledger's book-keeping: what each request does, once, and what the audit finds."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from app.ledger import (
    AccountExistsError,
    Declined,
    Done,
    IdReused,
    Kind,
    Ledger,
    LedgerCorruptError,
    Reason,
    UnknownAccountError,
)
from app.protocol.messages import (
    Accepted,
    CheckRequest,
    new_request_id,
)
from app.protocol.money import MAX_AMOUNT
from tests.support.accounts import apply, deposit, withdraw

DIGEST = bytes(range(32))


@pytest.fixture
def ledger(ledger: Ledger) -> Ledger:
    ledger.open_account("demo", DIGEST)
    return ledger


def test_an_account_opens_empty_and_keeps_the_digest(ledger: Ledger) -> None:
    assert ledger.balance("demo") == 0
    assert ledger.card_digest("demo") == DIGEST
    assert ledger.card_digest("nobody") is None


def test_an_account_opens_once(ledger: Ledger) -> None:
    with pytest.raises(AccountExistsError, match="There is an account demo already"):
        ledger.open_account("demo", bytes(32))
    assert ledger.card_digest("demo") == DIGEST


def test_an_unknown_account_is_an_error(ledger: Ledger) -> None:
    with pytest.raises(UnknownAccountError, match="no account nobody"):
        ledger.balance("nobody")
    with pytest.raises(UnknownAccountError):
        ledger.apply(deposit(1, account="nobody"))
    assert ledger.verify().entries == 0


def test_money_comes_and_goes(ledger: Ledger) -> None:
    first, second, third = deposit(5000), withdraw(1999), CheckRequest(id=new_request_id())
    assert ledger.apply(first) == Done(5000)
    assert ledger.apply(second) == Done(3001)
    assert apply(ledger, "demo", third) == Accepted(type="CHECK", id=third.id, balance=3001)
    audit = ledger.verify()
    assert (audit.accounts, audit.entries, audit.total) == (1, 2, 3001)


def test_the_last_minor_unit_can_be_withdrawn_and_not_one_more(ledger: Ledger) -> None:
    ledger.apply(deposit(100))
    request = withdraw(101)
    assert ledger.apply(request) == Declined(Reason.INSUFFICIENT_FUNDS)
    assert isinstance(ledger.apply(withdraw(100)), Done)
    assert ledger.balance("demo") == 0


def test_a_balance_reaches_the_limit_and_does_not_pass_it(ledger: Ledger) -> None:
    ledger.apply(deposit(MAX_AMOUNT - 1))
    request = deposit(2)
    assert ledger.apply(request) == Declined(Reason.BALANCE_LIMIT)
    assert ledger.apply(deposit(1)) is not None
    assert ledger.balance("demo") == MAX_AMOUNT
    refused = ledger.apply(deposit(MAX_AMOUNT))
    assert isinstance(refused, Declined)
    assert ledger.balance("demo") == MAX_AMOUNT
    ledger.verify()


def test_a_repeated_request_gets_its_first_answer_and_moves_nothing(ledger: Ledger) -> None:
    put, take = deposit(100), withdraw(30)
    answers = [ledger.apply(request) for request in (put, take)]
    ledger.apply(deposit(7))
    assert [ledger.apply(request) for request in (put, take)] == answers
    assert ledger.balance("demo") == 77
    assert ledger.verify().entries == 3


def test_a_refusal_is_an_answer_and_is_repeated_even_when_the_money_has_come(ledger: Ledger) -> None:
    request = withdraw(50)
    refusal = ledger.apply(request)
    ledger.apply(deposit(50))
    assert ledger.apply(request) == refusal
    assert ledger.balance("demo") == 50


def test_an_id_used_again_for_something_else_is_refused(ledger: Ledger) -> None:
    first = deposit(100)
    answer = ledger.apply(first)
    for other in (replace(first, amount=99), replace(first, kind=Kind.WITHDRAWAL)):
        assert ledger.apply(other) == IdReused()
    assert ledger.apply(first) == answer
    assert (ledger.balance("demo"), ledger.verify().entries) == (100, 1)


def test_a_check_tells_the_balance_of_now_and_leaves_no_trace(ledger: Ledger, ledger_path: Path) -> None:
    put = deposit(100)
    check = CheckRequest(id=put.id)
    for balance in (0, 100):
        for _ in range(3):
            assert apply(ledger, "demo", check) == Accepted(type="CHECK", id=put.id, balance=balance)
        ledger.apply(put)  # an id that a CHECK has had is as good as any
    assert sqlite3_rows(ledger_path, "SELECT type FROM answer") == [("DEPOS",)]
    with pytest.raises(UnknownAccountError):
        apply(ledger, "nobody", check)


def test_any_number_of_checks_leave_the_files_as_they_are(ledger: Ledger, ledger_path: Path) -> None:
    ledger.apply(deposit(1))
    before = {path.name: path.stat().st_size for path in ledger_path.parent.iterdir()}
    for _ in range(500):
        apply(ledger, "demo", CheckRequest(id=new_request_id()))
    assert {path.name: path.stat().st_size for path in ledger_path.parent.iterdir()} == before


def test_many_orders_are_one_transaction_and_each_has_its_outcome(ledger: Ledger) -> None:
    """In their order, with a repeated id, a reused one, an account that is not there, and a refusal among them."""
    ledger.open_account("other", DIGEST)
    put, take, late, much = deposit(100), withdraw(60), withdraw(60), deposit(5)
    begun = []
    ledger._database._connection.set_trace_callback(lambda sql: begun.append(sql) if sql.startswith("BEGIN") else None)
    outcomes = ledger.apply_all(
        [
            put,
            replace(put, account="nobody"),
            take,
            replace(put, account="other"),
            late,
            put,
            replace(put, amount=1),
            much,
        ]
    )
    assert begun == ["BEGIN IMMEDIATE"]
    assert isinstance(outcomes.pop(1), UnknownAccountError)
    assert outcomes == [
        Done(100),
        Done(40),
        Done(100),
        Declined(Reason.INSUFFICIENT_FUNDS),
        Done(100),
        IdReused(),
        Done(45),
    ]
    audit = ledger.verify()
    assert (audit.entries, audit.total) == (4, 145)


def test_ids_belong_to_their_account(ledger: Ledger) -> None:
    ledger.open_account("other", DIGEST)
    order = deposit(10)
    ledger.apply(order)
    ledger.apply(replace(order, account="other"))
    assert (ledger.balance("demo"), ledger.balance("other")) == (10, 10)


def test_the_answers_outlive_the_connection(ledger: Ledger, ledger_path: Path) -> None:
    request = deposit(10)
    answer = ledger.apply(request)
    ledger.close()
    with Ledger(ledger_path) as again:
        assert again.apply(request) == answer
        assert again.balance("demo") == 10


def test_the_journal_tells_what_happened_and_when(ledger_path: Path) -> None:
    with Ledger(ledger_path, now_ms=lambda: 1_700_000_000_123) as ledger:
        ledger.open_account("demo", DIGEST)
        put, take = deposit(100), withdraw(30)
        ledger.apply(put)
        ledger.apply(take)
        rows = sqlite3_rows(
            ledger_path, "SELECT account, request_id, type, change, balance, at_ms FROM journal ORDER BY entry"
        )
    assert rows == [
        ("demo", put.id, "DEPOS", 100, 100, 1_700_000_000_123),
        ("demo", take.id, "WITHD", -30, 70, 1_700_000_000_123),
    ]


def sqlite3_rows(path: Path, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute(statement).fetchall()
        connection.commit()
        return rows
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("tampering", "finding"),
    [
        ("UPDATE account SET balance = balance + 1", "not the sum of the journal"),
        ("UPDATE journal SET change = 99, balance = 99 WHERE entry = 1", "not the sum of the journal"),
        ("UPDATE journal SET balance = 71 WHERE entry = 2", "does not follow"),
        ("UPDATE journal SET entry = 3 WHERE entry = 1", "does not follow"),
        ("DELETE FROM journal; UPDATE account SET balance = 0", "no entry in the journal"),
        ("UPDATE answer SET amount = 99 WHERE type = 'DEPOS'", "does not match its answer"),
        ("UPDATE answer SET balance = 99 WHERE type = 'DEPOS'", "does not match its answer"),
        ("UPDATE answer SET error = 'insufficient-funds' WHERE type = 'WITHD'", "does not match its answer"),
        ("DELETE FROM answer WHERE type = 'DEPOS'", "belongs to nothing"),
    ],
)
def test_the_audit_finds_what_does_not_add_up(ledger: Ledger, ledger_path: Path, tampering: str, finding: str) -> None:
    ledger.apply(deposit(100))
    ledger.apply(withdraw(30))
    ledger.verify()
    for statement in tampering.split(";"):
        sqlite3_rows(ledger_path, statement)
    with pytest.raises(LedgerCorruptError, match=finding):
        ledger.verify()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE account SET balance = -1",
        "UPDATE account SET balance = 9007199254740992",
        "UPDATE account SET balance = 'much'",
        "UPDATE account SET card_digest = x'00'",
        "UPDATE account SET opened_ms = 'yesterday'",
        "UPDATE answer SET answered_ms = 'yesterday'",
        "UPDATE journal SET at_ms = 'yesterday'",
        "UPDATE journal SET change = 0",
        "UPDATE journal SET change = -change",
        "INSERT INTO journal SELECT 9, account, request_id, type, change, balance, at_ms FROM journal",
        "UPDATE answer SET amount = NULL",
        "UPDATE answer SET amount = 0",
    ],
)
def test_sqlite_itself_refuses_what_can_never_be(ledger: Ledger, ledger_path: Path, statement: str) -> None:
    ledger.apply(deposit(100))
    with pytest.raises(sqlite3.IntegrityError):
        sqlite3_rows(ledger_path, statement)
