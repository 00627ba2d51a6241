"""What the ATM says, remembers and leaves with when a signal cuts one of its steps short."""

import asyncio
import itertools
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.atm.bank_address import BankAddress
from app.atm.console import converse_with
from app.atm.interruptible import InterruptibleTeller
from app.atm.pending import request as pending_request
from app.atm.pending import store
from app.atm.pending.request import PendingRequest
from app.atm.pending.store import PendingRequests
from app.atm.screen import Screen
from app.atm.teller import Teller
from app.credentials.card import Card
from app.protocol.messages import AccountReply, AccountRequest, CheckRequest, new_request_id
from app.system.errors import EXIT_CHANNEL, ChannelFailedError, UserError
from tests.unit.app.atm.desk import REMEMBERED, SIGNALS, Desk, NearBank, cut, deposit, signals_outside_the_program

BEFORE_THE_END = [
    (Teller, "settle", False),
    (PendingRequests, "begin", True),
    (NearBank, "ask", False),
    (NearBank, "ask", True),
    (Screen, "reply", False),
    (Screen, "reply", True),
]
"""Steps after which the request is on the disk and not told, or told and not forgotten."""


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(("owner", "name", "after"), BEFORE_THE_END)
def test_one_command_cut_short_before_it_is_forgotten(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    owner: object,
    name: str,
    after: bool,
    as_json: bool,
    number: int,
) -> None:
    first = deposit()
    with cut(monkeypatch, owner, name, number, after=after), pytest.raises(ChannelFailedError, match=REMEMBERED):
        desk.once(first, as_json=as_json)
    assert desk.records() == [first]
    capsys.readouterr()
    assert desk.once(deposit(), as_json=as_json) == 0
    out, err = capsys.readouterr()
    assert out == ('{"type":"DEPOS","ok":true,"balance":"5.00"}\n' if as_json else "DEPOS ok, balance 5.00\n")
    assert "which was cut short before. The money moves once; the balance is the one right" in err
    assert desk.balance == 500
    assert desk.records() == []


TOWARDS_THE_END = [
    (NearBank, "close", False),
    (PendingRequest, "done", False),
    (pending_request, "sync_directory", False),
    (pending_request, "sync_directory", True),
    (PendingRequest, "release", True),
]


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(("owner", "name", "after"), TOWARDS_THE_END)
def test_one_command_that_has_told_its_answer_leaves_with_its_code(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    owner: object,
    name: str,
    after: bool,
    number: int,
) -> None:
    """A code other than the answer's would make a script repeat what is forgotten, and so do it twice."""
    with cut(monkeypatch, owner, name, number, after=after):
        assert desk.once(deposit()) == 0
    assert signal.getsignal(number) is signal.SIG_IGN  # to the very end
    assert capsys.readouterr().out == "DEPOS ok, balance 5.00\n"
    assert desk.records() == []
    assert desk.balance == 500


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(("owner", "name", "after"), BEFORE_THE_END)
def test_a_line_cut_short_before_it_is_forgotten(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    owner: object,
    name: str,
    after: bool,
    as_json: bool,
    number: int,
) -> None:
    with cut(monkeypatch, owner, name, number, after=after), pytest.raises(ChannelFailedError, match=REMEMBERED):
        desk.lines("DEPOS 5", as_json=as_json)
    capsys.readouterr()
    desk.settle_all(as_json=as_json)
    out, err = capsys.readouterr()
    assert (out, err) == (
        "",
        "DEPOS 5.00 was cut short before; the bank answered: ok, balance 5.00 right after it.\n",
    )
    assert desk.balance == 500
    assert desk.records() == []


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(("owner", "name", "after"), TOWARDS_THE_END[1:])
def test_a_line_that_is_told_is_forgotten_before_the_signal_comes(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    owner: object,
    name: str,
    after: bool,
    number: int,
) -> None:
    desk.lines("DEPOS 1")  # the directory is there
    ending = KeyboardInterrupt if number == signal.SIGINT else SystemExit
    with cut(monkeypatch, owner, name, number, after=after), pytest.raises(ending):
        desk.lines("DEPOS 5", "DEPOS 7")
    assert capsys.readouterr().out == "DEPOS ok, balance 1.00\nDEPOS ok, balance 6.00\n"
    assert desk.records() == []
    assert desk.balance == 600


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    ("owner", "name", "after"), [(NearBank, "ask", True), (Screen, "remark", False), (Screen, "remark", True)]
)
def test_orphans_cut_short_while_they_are_settled(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    owner: object,
    name: str,
    after: bool,
    number: int,
) -> None:
    requests = [deposit(100), deposit(200)]
    for request in requests:
        desk.pending.begin(request).release()
    with cut(monkeypatch, owner, name, number, after=after), pytest.raises(ChannelFailedError, match=REMEMBERED):
        desk.settle_all()
    assert desk.records() == requests
    capsys.readouterr()
    desk.settle_all()
    assert capsys.readouterr().err.count("was cut short before; the bank answered: ok") == 2
    assert desk.balance == 300
    assert desk.records() == []


def test_what_was_not_written_down_is_not_said_to_be_remembered(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        cut(monkeypatch, store, "make_private_directory", signal.SIGTERM),
        pytest.raises(UserError) as caught,
    ):
        desk.once(deposit())
    assert str(caught.value) == "Interrupted before the bank was asked: no DEPOS was sent."
    assert desk.records() == []


@pytest.mark.parametrize("number", SIGNALS)
def test_one_command_cut_short_before_it_begins_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    with cut(monkeypatch, Teller, "damaged", number), pytest.raises(ChannelFailedError, match=r"^Interrupted\.$"):
        desk.once(deposit())
    assert desk.balance == 0


def test_one_command_never_leaves_with_0_for_a_signal(
    monkeypatch: pytest.MonkeyPatch, card: Card, card_path: Path
) -> None:
    """Wherever it comes: a script would take 0 for the confirmation."""
    monkeypatch.setattr(InterruptibleTeller, "enter", lambda _steps: signal.raise_signal(signal.SIGTERM))
    bank = BankAddress("127.0.0.1", 1, cast("Any", SimpleNamespace(name="a-b")), b"key")
    for request, code in ((deposit(), EXIT_CHANNEL), (None, 0)):
        with pytest.raises(SystemExit) as caught:
            converse_with(bank, card, card_path, cast("Any", None), as_json=False, request=request)
        assert caught.value.code == code


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("code", [0, EXIT_CHANNEL])
def test_cut_short_while_it_connects_only_a_console_ends_without_a_word_and_only_at_sigterm(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    silent = number == signal.SIGTERM and code == 0
    kind, said = (SystemExit, "0") if silent else (ChannelFailedError, "Interrupted before the bank had answered.")
    with cut(monkeypatch, NearBank, "connect", number), pytest.raises(kind) as caught:
        desk.run(lambda _teller, steps: steps.enter(), code=code)
    assert str(caught.value) == said


@pytest.mark.parametrize("number", SIGNALS)
def test_a_balance_cut_short(desk: Desk, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    with cut(monkeypatch, Screen, "reply", number), pytest.raises(ChannelFailedError, match=r"^Interrupted\.$"):
        desk.once(CheckRequest(id=new_request_id()))


def test_a_second_signal_does_not_cut_short_what_the_first_has_us_say(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, second in itertools.product(SIGNALS, SIGNALS):
        with monkeypatch.context() as patch:
            patch.setattr(Teller, "doubt", after_signal(second, Teller.doubt))
            with cut(patch, NearBank, "ask", number), pytest.raises(ChannelFailedError, match=REMEMBERED):
                desk.lines("DEPOS 5")
        signal.raise_signal(second)  # nor the telling of it, after the console
        signals_outside_the_program()
    assert len(desk.records()) == 4


def after_signal(number: int, real: Callable[..., Any]) -> Callable[..., Any]:
    def act(*arguments: Any, **options: Any) -> Any:
        signal.raise_signal(number)
        return real(*arguments, **options)

    return act


@pytest.mark.parametrize("number", SIGNALS)
def test_nothing_is_asked_any_more_after_a_signal(desk: Desk, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """What waits for the bank has ended when the interruption is told: it would go on while the console leaves."""
    steps: list[str] = []

    async def ask(_bank: NearBank, _request: AccountRequest) -> AccountReply:
        asyncio.get_running_loop().call_soon(signal.raise_signal, number)
        try:
            await asyncio.sleep(3600)
        finally:
            steps.append("asking ended")
        raise AssertionError("it was not cut short")

    async def close(_bank: NearBank) -> None:
        steps.append("leaving")

    monkeypatch.setattr(NearBank, "ask", ask)
    monkeypatch.setattr(NearBank, "close", close)
    with pytest.raises(ChannelFailedError, match=REMEMBERED):
        desk.lines("DEPOS 5")
    assert steps == ["asking ended", "leaving"]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_ends_what_does_not_heed_the_first(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    steps: list[str] = []

    async def hang(_bank: NearBank, _request: AccountRequest) -> AccountReply:
        for _ in range(2):
            signal.raise_signal(number)
        for _ in range(50):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)
        steps.append("given up by itself")
        raise asyncio.CancelledError

    async def close(_bank: NearBank) -> None:
        steps.append("leaving")

    monkeypatch.setattr(NearBank, "ask", hang)
    monkeypatch.setattr(NearBank, "close", close)
    with pytest.raises(ChannelFailedError, match=REMEMBERED):
        desk.lines("DEPOS 5")
    assert steps[0] == "leaving"
