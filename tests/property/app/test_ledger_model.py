"""The ledger against a dictionary: any sequence of openings, requests, batches, repeats, reused ids and restarts."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.ledger import AccountExistsError, Ledger, Order, UnknownAccountError
from app.ledger.rules import MoneyRequest
from app.protocol.messages import (
    Accepted,
    AccountReply,
    AccountRequest,
    CheckRequest,
    DepositRequest,
    Refusal,
    Refused,
    WithdrawRequest,
)
from app.protocol.money import MAX_AMOUNT

MEMORY = Path("/dev/shm")  # noqa: S108  # the model is tested here, not the disk; each directory in it is private
ACCOUNTS = ["alice", "bob", "carol"]

amounts = st.integers(1, 300) | st.integers(MAX_AMOUNT - 300, MAX_AMOUNT) | st.integers(1, MAX_AMOUNT)
# Few ids, so that repeats and clashes come by themselves.
identities = st.integers(0, 12).map(lambda number: f"{number:032x}")
movements: st.SearchStrategy[MoneyRequest] = st.one_of(
    st.builds(DepositRequest, id=identities, amount=amounts),
    st.builds(WithdrawRequest, id=identities, amount=amounts),
)
requests: st.SearchStrategy[AccountRequest] = st.one_of(st.builds(CheckRequest, id=identities), movements)


class LedgerModel(RuleBasedStateMachine):
    @initialize()
    def make(self) -> None:
        self.directory = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.path = Path(self.directory.name) / "ledger.sqlite3"
        self.ledger = Ledger(self.path)
        self.digests: dict[str, bytes] = {}
        self.balances: dict[str, int] = {}
        self.answers: dict[tuple[str, str], tuple[AccountRequest, AccountReply]] = {}
        self.movements = 0

    def expected(self, account: str, request: AccountRequest) -> AccountReply:
        """What the answer must be, by the plainest rules; the model moves on."""
        if isinstance(request, CheckRequest):
            return Accepted(type="CHECK", id=request.id, balance=self.balances[account])
        if (account, request.id) in self.answers:
            first, given = self.answers[account, request.id]
            if first == request:
                return given
            return Refused(type=request.type, id=request.id, error=Refusal.REQUEST_ID_REUSED)
        balance = self.balances[account]
        if isinstance(request, DepositRequest):
            balance += request.amount
            error = Refusal.BALANCE_LIMIT
        else:
            balance -= request.amount
            error = Refusal.INSUFFICIENT_FUNDS
        answer: AccountReply
        if not 0 <= balance <= MAX_AMOUNT:
            answer = Refused(type=request.type, id=request.id, error=error)
        else:
            answer = Accepted(type=request.type, id=request.id, balance=balance)
            self.movements += 1
            self.balances[account] = balance
        self.answers[account, request.id] = request, answer
        return answer

    @rule(account=st.sampled_from(ACCOUNTS), digest=st.binary(min_size=32, max_size=32))
    def open_account(self, account: str, digest: bytes) -> None:
        if account in self.balances:
            with pytest.raises(AccountExistsError):
                self.ledger.open_account(account, digest)
        else:
            self.ledger.open_account(account, digest)
            self.balances[account] = 0
            self.digests[account] = digest

    @rule(account=st.sampled_from(ACCOUNTS), request=requests)
    def apply(self, account: str, request: AccountRequest) -> None:
        if account in self.balances:
            assert self.ledger.apply(account, request) == self.expected(account, request)
        else:
            with pytest.raises(UnknownAccountError):
                self.ledger.apply(account, request)

    @rule(orders=st.lists(st.tuples(st.sampled_from(ACCOUNTS), movements), max_size=8))
    def apply_all(self, orders: list[tuple[str, MoneyRequest]]) -> None:
        outcomes = self.ledger.apply_all([Order(*order) for order in orders])
        for (account, request), outcome in zip(orders, outcomes, strict=True):
            if account in self.balances:
                assert outcome == self.expected(account, request)
            else:
                assert isinstance(outcome, UnknownAccountError)

    @rule(choice=st.integers(0, 100))
    def repeat(self, choice: int) -> None:
        if self.answers:
            (account, _), (request, answer) = list(self.answers.items())[choice % len(self.answers)]
            assert self.ledger.apply(account, request) == answer

    @rule()
    def restart(self) -> None:
        self.ledger.close()
        self.ledger = Ledger(self.path)

    @invariant()
    def agree(self) -> None:
        audit = self.ledger.verify()
        assert audit.accounts == len(self.balances)
        assert audit.total == sum(self.balances.values())
        assert audit.entries == self.movements
        for account in ACCOUNTS:
            assert self.ledger.card_digest(account) == self.digests.get(account)
        for account, balance in self.balances.items():
            assert self.ledger.balance(account) == balance

    def teardown(self) -> None:
        self.ledger.close()
        self.directory.cleanup()


TestLedgerModel = LedgerModel.TestCase
TestLedgerModel.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
