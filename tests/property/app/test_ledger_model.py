"""The ledger against a dictionary: any sequence of openings, requests, batches, repeats, reused ids and restarts."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.ledger import (
    AccountExistsError,
    Declined,
    Done,
    IdReused,
    Kind,
    Ledger,
    Order,
    Outcome,
    Reason,
    UnknownAccountError,
)
from app.protocol.money import MAX_AMOUNT

MEMORY = Path("/dev/shm")  # noqa: S108  # the model is tested here, not the disk; each directory in it is private
ACCOUNTS = ["alice", "bob", "carol"]

amounts = st.integers(1, 300) | st.integers(MAX_AMOUNT - 300, MAX_AMOUNT) | st.integers(1, MAX_AMOUNT)
# Few ids, so that repeats and clashes come by themselves.
identities = st.integers(0, 12).map(lambda number: f"{number:032x}")
orders = st.builds(Order, st.sampled_from(ACCOUNTS), identities, st.sampled_from(Kind), amounts)


class LedgerModel(RuleBasedStateMachine):
    @initialize()
    def make(self) -> None:
        self.directory = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.path = Path(self.directory.name) / "ledger.sqlite3"
        self.ledger = Ledger(self.path)
        self.digests: dict[str, bytes] = {}
        self.balances: dict[str, int] = {}
        self.outcomes: dict[tuple[str, str], tuple[Order, Outcome]] = {}
        self.movements = 0

    def expected(self, order: Order) -> Outcome:
        """What the outcome must be, by the plainest rules; the model moves on."""
        if (order.account, order.id) in self.outcomes:
            first, given = self.outcomes[order.account, order.id]
            return given if first == order else IdReused()
        balance = self.balances[order.account]
        if order.kind is Kind.DEPOSIT:
            balance += order.amount
            reason = Reason.BALANCE_LIMIT
        else:
            balance -= order.amount
            reason = Reason.INSUFFICIENT_FUNDS
        outcome: Outcome
        if not 0 <= balance <= MAX_AMOUNT:
            outcome = Declined(reason)
        else:
            outcome = Done(balance)
            self.movements += 1
            self.balances[order.account] = balance
        self.outcomes[order.account, order.id] = order, outcome
        return outcome

    @rule(account=st.sampled_from(ACCOUNTS), digest=st.binary(min_size=32, max_size=32))
    def open_account(self, account: str, digest: bytes) -> None:
        if account in self.balances:
            with pytest.raises(AccountExistsError):
                self.ledger.open_account(account, digest)
        else:
            self.ledger.open_account(account, digest)
            self.balances[account] = 0
            self.digests[account] = digest

    @rule(order=orders)
    def apply(self, order: Order) -> None:
        if order.account in self.balances:
            assert self.ledger.apply(order) == self.expected(order)
        else:
            with pytest.raises(UnknownAccountError):
                self.ledger.apply(order)

    @rule(batch=st.lists(orders, max_size=8))
    def apply_all(self, batch: list[Order]) -> None:
        results = self.ledger.apply_all(batch)
        for order, result in zip(batch, results, strict=True):
            if order.account in self.balances:
                assert result == self.expected(order)
            else:
                assert isinstance(result, UnknownAccountError)

    @rule(choice=st.integers(0, 100))
    def repeat(self, choice: int) -> None:
        if self.outcomes:
            order, outcome = list(self.outcomes.values())[choice % len(self.outcomes)]
            assert self.ledger.apply(order) == outcome

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
