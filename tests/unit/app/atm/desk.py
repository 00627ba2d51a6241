"""What the tests of the ATM share: an ATM with its ledger inside, and signals at chosen steps."""

import asyncio
import inspect
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.atm.client import BankClient
from app.atm.console import AtmConsole
from app.atm.interruptible import InterruptibleTeller
from app.atm.once import OneRequest
from app.atm.pending.request import PendingRequest
from app.atm.pending.store import PendingRequests
from app.atm.screen import Screen
from app.atm.teller import Teller
from app.credentials.card import Card
from app.ledger import Ledger
from app.protocol.messages import AccountReply, AccountRequest, DepositRequest, new_request_id
from app.system.errors import EXIT_CHANNEL
from app.system.signals import ending_in_order
from tests.support.accounts import apply

REMEMBERED = "remembered beside the card"
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class NearBank(BankClient):
    """A bank in the same process: no channel, and all else as it is."""

    def __init__(self, ledger: Ledger, account: str) -> None:
        self._ledger = ledger
        self._account = account
        self._connected = False

    @property
    def connected(self) -> bool:
        return self._connected

    async def connect(self) -> None:
        self._connected = True

    async def ask(self, request: AccountRequest) -> AccountReply:
        return apply(self._ledger, self._account, request)

    async def close(self) -> None:
        pass


class Desk:
    """One account, its card, and consoles one after the other."""

    def __init__(self, ledger: Ledger, card: Card, card_path: Path) -> None:
        self._ledger, self._card, self._card_path = ledger, card, card_path
        self.pending = PendingRequests(card_path, card)

    def bank(self) -> NearBank:
        return NearBank(self._ledger, self._card.account)

    def teller(self) -> Teller:
        """A teller of a new process."""
        return Teller(self.bank(), PendingRequests(self._card_path, self._card))

    def run(self, work: Callable[[Teller, InterruptibleTeller], int | None], *, code: int = 0) -> int:
        """Take a teller's steps as the program does; gives the exit code, or raises."""
        teller = self.teller()
        with ending_in_order(code), asyncio.Runner() as runner:
            steps = InterruptibleTeller(teller, runner)
            try:
                return work(teller, steps) or 0
            finally:
                steps.leave()

    def once(self, request: AccountRequest, *, as_json: bool = False) -> int:
        """One request of the command line."""

        def serve(teller: Teller, steps: InterruptibleTeller) -> int:
            return OneRequest(teller, steps, Screen(as_json=as_json), request).serve()

        return self.run(serve, code=EXIT_CHANNEL)

    def console(self, work: Callable[[AtmConsole], int | None], *, as_json: bool = False) -> int:
        """A console's work."""
        return self.run(lambda teller, steps: work(AtmConsole(teller, steps, Screen(as_json=as_json))))

    def settle_all(self, *, as_json: bool = False) -> None:
        """What a console does when it begins."""
        self.console(AtmConsole.settle_all, as_json=as_json)

    def lines(self, *lines: str, as_json: bool = False) -> int:
        """A console in a pipe that is given these lines."""
        read, write = os.pipe()
        os.write(write, "".join(f"{line}\n" for line in lines).encode())
        os.close(write)
        with pytest.MonkeyPatch.context() as patch, os.fdopen(read) as stream:
            patch.setattr(sys, "stdin", stream)
            return self.console(AtmConsole.converse, as_json=as_json)

    @property
    def balance(self) -> int:
        self._ledger.verify()
        return self._ledger.balance("demo")

    def records(self) -> list[AccountRequest]:
        found = self.pending.orphans()
        for each in found:
            each.release()
        return [each.request for each in found]


def deposit(amount: int = 500) -> DepositRequest:
    return DepositRequest(id=new_request_id(), amount=amount)


@contextmanager
def cut(patch: pytest.MonkeyPatch, owner: object, name: str, number: int, *, after: bool = False) -> Iterator[None]:
    """Within, the first call of a function brings a signal, before or after its work."""
    real = getattr(owner, name)
    came: list[bool] = []
    locked: list[PendingRequest] = []

    def strike(now: bool) -> None:
        if now is after and not came:
            came.append(True)
            signal.raise_signal(number)

    def once(*arguments: Any, **options: Any) -> Any:
        strike(False)
        result = real(*arguments, **options)
        if isinstance(result, PendingRequest):
            locked.append(result)
        strike(True)
        return result

    async def once_awaited(*arguments: Any, **options: Any) -> Any:
        strike(False)
        result = await real(*arguments, **options)
        strike(True)
        return result

    with patch.context() as context:
        context.setattr(owner, name, once_awaited if inspect.iscoroutinefunction(real) else once)
        yield
    assert came, f"{name} was never called"
    for pending in locked:
        pending.release()  # as the end of the process does


def signals_outside_the_program() -> None:
    """Let both raise something, as they would end a process that handles neither."""
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)
