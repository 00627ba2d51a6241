"""What the console says, remembers and leaves with when it is cut short in any step of its work."""

import asyncio
import errno
import inspect
import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any, cast

import pytest

from app.atm.bank_address import BankAddress
from app.atm.client import Atm
from app.atm.console import AtmConsole, converse_with
from app.atm.pending import request as pending_request
from app.atm.pending import store
from app.atm.pending.request import PendingRequest
from app.atm.pending.store import PendingRequests
from app.atm.screen import Screen
from app.credentials.card import Card
from app.ledger import Ledger
from app.protocol.messages import (
    AccountReply,
    AccountRequest,
    CheckRequest,
    DepositRequest,
    WithdrawRequest,
    new_request_id,
)
from app.system.errors import EXIT_CHANNEL, ChannelFailedError, UserError
from app.system.first_signals import ENDING_SIGNALS
from app.system.signals import ending_in_order
from tests.support.accounts import apply


class NearAtm(Atm):
    """An ATM with the ledger inside it: no channel, and all else as it is."""

    def __init__(self, ledger: Ledger, card: Card, card_path: Path) -> None:
        self._ledger = ledger
        self._card = card
        self._pending = PendingRequests(card_path, card)

    async def connect(self) -> None:
        pass

    async def ready(self) -> None:
        pass

    def begin(self, request: AccountRequest) -> PendingRequest:
        return PendingRequest(request) if isinstance(request, CheckRequest) else self._pending.begin(request)

    async def close(self) -> None:
        pass

    async def _ask(self, request: AccountRequest) -> AccountReply:
        return apply(self._ledger, self._card.account, request)


class Desk:
    """One account, its card, and consoles one after the other."""

    def __init__(self, ledger: Ledger, card: Card, card_path: Path) -> None:
        self._ledger, self._card, self._card_path = ledger, card, card_path
        self.pending = PendingRequests(card_path, card)

    def run(self, work: Callable[[AtmConsole], int | None], *, as_json: bool = False, code: int = 0) -> int:
        """Run a console's work as the program does; gives the exit code, or raises."""
        atm = NearAtm(self._ledger, self._card, self._card_path)
        with ending_in_order(code), asyncio.Runner() as runner:
            console = AtmConsole(atm, Screen(as_json=as_json), runner)
            try:
                return work(console) or 0
            finally:
                console.leave()

    def once(self, request: AccountRequest, *, as_json: bool = False) -> int:
        return self.run(lambda console: console.ask_once(request), as_json=as_json, code=EXIT_CHANNEL)

    def lines(self, *lines: str, as_json: bool = False) -> int:
        """A console in a pipe that is given these lines."""
        read, write = os.pipe()
        os.write(write, "".join(f"{line}\n" for line in lines).encode())
        os.close(write)
        with pytest.MonkeyPatch.context() as patch, os.fdopen(read) as stream:
            patch.setattr(sys, "stdin", stream)
            return self.run(AtmConsole.converse, as_json=as_json)

    @property
    def balance(self) -> int:
        self._ledger.verify()
        return self._ledger.balance("demo")

    def records(self) -> list[AccountRequest]:
        found = self.pending.orphans()
        for each in found:
            each.release()
        return [each.request for each in found]


@pytest.fixture
def desk(ledger: Ledger, card: Card, card_path: Path) -> Desk:
    return Desk(ledger, card, card_path)


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    """One command ignores the signals from a certain step on, to the end of its process."""
    handlers = {number: signal.getsignal(number) for number in ENDING_SIGNALS}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


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


REMEMBERED = "remembered beside the card"
SIGNALS = (signal.SIGINT, signal.SIGTERM)

BEFORE_THE_END = [
    (NearAtm, "settle", False),
    (PendingRequests, "begin", True),
    (NearAtm, "_ask", False),
    (NearAtm, "_ask", True),
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
    (NearAtm, "close", False),
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
    desk.run(AtmConsole.settle_all, as_json=as_json)
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
    ("owner", "name", "after"), [(NearAtm, "_ask", True), (Screen, "remark", False), (Screen, "remark", True)]
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
        desk.run(AtmConsole.settle_all)
    assert desk.records() == requests
    capsys.readouterr()
    desk.run(AtmConsole.settle_all)
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
    with cut(monkeypatch, NearAtm, "damaged", number), pytest.raises(ChannelFailedError, match=r"^Interrupted\.$"):
        desk.once(deposit())
    assert desk.balance == 0


def test_one_command_never_leaves_with_0_for_a_signal(
    monkeypatch: pytest.MonkeyPatch, card: Card, card_path: Path
) -> None:
    """Wherever it comes: a script would take 0 for the confirmation."""
    monkeypatch.setattr(AtmConsole, "enter", lambda _console: signal.raise_signal(signal.SIGTERM))
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
    with cut(monkeypatch, NearAtm, "connect", number), pytest.raises(kind) as caught:
        desk.run(AtmConsole.enter, code=code)
    assert str(caught.value) == said


@pytest.mark.parametrize("number", SIGNALS)
def test_a_balance_cut_short(desk: Desk, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    with cut(monkeypatch, Screen, "reply", number), pytest.raises(ChannelFailedError, match=r"^Interrupted\.$"):
        desk.once(CheckRequest(id=new_request_id()))


def test_an_answer_that_cannot_be_shown_is_not_forgotten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_text: str) -> None:
        from app.system.output import OutputError

        raise OutputError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("app.atm.screen.write_out", full)
        with pytest.raises(UserError, match=r"^DEPOS ok, balance 5.00; but .* still remembered") as caught:
            desk.once(deposit())
    assert caught.value.exit_code == 2
    assert desk.once(deposit()) == 0
    assert capsys.readouterr().out == "DEPOS ok, balance 5.00\n"
    assert desk.balance == 500


def test_an_answer_is_shown_although_its_request_cannot_be_forgotten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    request = deposit()
    real = os.unlink

    def the_record_stays(path: str) -> None:
        if Path(path).name.startswith(request.id):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        real(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", the_record_stays)
        with pytest.raises(UserError, match=r"removed: Read-only file system; .* The bank has answered .* remembered"):
            desk.once(request)
    assert capsys.readouterr().out == "DEPOS ok, balance 5.00\n"
    assert desk.once(deposit()) == 0
    assert desk.balance == 500


def test_one_command_leaves_the_requests_of_others_alone(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever repeats his command must find it unanswered, or he would make it anew."""
    desk.once(deposit(10_000))
    withdrawals: list[AccountRequest] = [WithdrawRequest(id=letter * 32, amount=2000) for letter in "01"]
    other = deposit(300)
    for request in (*withdrawals, other):
        desk.pending.begin(request).release()
    capsys.readouterr()
    several = "Still open: {}. Run one of these commands again with this card to complete it, or open the console to"
    one = "Still open: {}. Run the same command again with this card, or open the console, to complete it; the money"
    for asked in (CheckRequest(id=new_request_id()), deposit(100)):
        assert desk.once(asked) == 0
        assert several.format("WITHD 20.00, WITHD 20.00, DEPOS 3.00") in capsys.readouterr().err
    assert {request.id for request in desk.records()} == {request.id for request in (*withdrawals, other)}
    assert desk.balance == 10_100
    for left in (several.format("WITHD 20.00, DEPOS 3.00"), one.format("DEPOS 3.00")):
        assert desk.once(WithdrawRequest(id=new_request_id(), amount=2000)) == 0
        err = capsys.readouterr().err
        assert left in err
        assert "which was cut short before. The money moves once; the balance is the one right" in err
    assert desk.balance == 6_100
    assert desk.once(deposit(300)) == 0
    assert "Still open" not in capsys.readouterr().err
    assert desk.balance == 6_400
    assert desk.records() == []


def test_the_console_settles_all(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    for amount in (100, 200):
        desk.pending.begin(deposit(amount)).release()
    desk.run(AtmConsole.settle_all)
    assert capsys.readouterr().err.splitlines() == [
        "DEPOS 1.00 was cut short before; the bank answered: ok, balance 1.00 right after it.",
        "DEPOS 2.00 was cut short before; the bank answered: ok, balance 3.00 right after it.",
    ]
    assert desk.records() == []
    assert desk.balance == 300


def test_one_that_the_bank_refuses_is_said_to_have_no_balance(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    lost = WithdrawRequest(id="0" * 32, amount=2000)
    desk.pending.begin(lost).release()
    assert desk.once(WithdrawRequest(id=new_request_id(), amount=2000)) == 1
    assert capsys.readouterr().err == "Repeated: WITHD 20.00, which was cut short before.\n"
    desk.pending.begin(lost).release()
    desk.run(AtmConsole.settle_all)
    assert capsys.readouterr().err == (
        "WITHD 20.00 was cut short before; the bank answered: refused: there is not enough money in the account.\n"
    )


STEPS_OF = tuple(
    f"/app/{name}.py"
    for name in (
        *("atm/client", "atm/console", "atm/pending/request", "atm/pending/store", "atm/screen"),
        *("system/files", "system/interruption", "system/output", "system/signals"),
    )
)


class Interruption:
    """Brings signals before one line of the product, counted from the start of the work."""

    def __init__(self, line: int, number: int) -> None:
        self.came = False
        self._left = line
        self._number = number
        self._before = sys.gettrace()

    def __enter__(self) -> "Interruption":
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_exc_info: object) -> None:
        sys.settrace(self._before)

    def _trace(self, frame: FrameType, event: str, _argument: object) -> "Callable[..., Any] | None":
        if not frame.f_code.co_filename.endswith(STEPS_OF):
            return None
        if event == "line" and not self.came:
            self._left -= 1
            if self._left < 0:
                self.came = True
                signal.raise_signal(self._number)
        return self._trace


def one_command(desk: Desk, request: AccountRequest) -> int:
    return desk.once(request)


def a_line(desk: Desk, request: AccountRequest) -> int:
    """As `desk.lines` does, with a request whose id is known."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.atm.console.read_command", lambda _line: request)
        return desk.lines("DEPOS 5")


class Process:
    """What the end of a process would do: close every file that was opened, and so let go of the records."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._opened: list[tuple[int, int]] = []
        self._real = os.open
        patch.setattr(os, "open", self._open)

    def _open(self, path: Any, *arguments: Any, **options: Any) -> int:
        descriptor = self._real(path, *arguments, **options)
        self._opened.append((descriptor, os.fstat(descriptor).st_ino))
        return descriptor

    def end(self) -> None:
        while self._opened:
            descriptor, number = self._opened.pop()
            with suppress(OSError):
                if os.fstat(descriptor).st_ino == number:
                    os.close(descriptor)


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)  # thousands of them, and no power is cut here
    return Process(monkeypatch)


def signals_outside_the_program() -> None:
    """Let both raise something, as they would end a process that handles neither."""
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)


def confined(work: Callable[[], int | None]) -> Iterator[int | None]:
    """Work in a generator, which has a state of its own for the exceptions that are being handled.

    CPython leaves one there for ever when a trace function raises at certain lines of its handling.
    """
    yield work()


def interrupted(
    process: Process, work: Callable[[], int | None], line: int, number: int
) -> tuple[int | None, str] | None:
    """The exit code, or what is said of the interruption; None when the work has no such line."""
    signals_outside_the_program()
    code, said = None, ""
    with Interruption(line, number) as interruption:
        try:
            code = next(confined(work))
        except ChannelFailedError as error:
            said = str(error)
        except (KeyboardInterrupt, SystemExit):
            pass
    process.end()
    assert sys.exc_info() == (None, None, None)
    return (code, said) if interruption.came else None


@pytest.mark.parametrize("ask", [one_command, a_line])
def test_cut_short_before_any_line_what_is_said_is_what_lies_on_the_disk(
    desk: Desk,
    process: Process,
    capsys: pytest.CaptureFixture[str],
    ask: Callable[[Desk, AccountRequest], int],
) -> None:
    desk.once(deposit(1))  # all is imported, and the directory is there
    seen = set()
    for line in itertools.count():
        request, balance = deposit(), desk.balance
        capsys.readouterr()
        ending = interrupted(process, partial(ask, desk, request), line, SIGNALS[line % 2])
        if ending is None:
            break
        code, said = ending
        told, remembered = "DEPOS ok" in capsys.readouterr().out, desk.pending.holds(request)
        seen.add((told, remembered))
        assert remembered == (REMEMBERED in said), (line, said)
        if remembered:
            assert desk.once(deposit()) == 0
            assert (
                "which was cut short before. The money moves once; the balance is the one right"
                in capsys.readouterr().err
            ), line
        assert desk.balance == balance + (500 if told or remembered else 0), (line, said)
        assert ask is a_line or (code == 0) == (told and not remembered), (line, code)
        assert desk.records() == [], line
    assert seen == {(False, False), (False, True), (True, True), (True, False)}


def test_cut_short_before_any_line_of_settling_none_is_forgotten_untold_or_left_unsaid(
    desk: Desk, process: Process, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.once(deposit(1))
    seen = set()
    for line in itertools.count():
        balance = desk.balance
        for amount in (100, 200):
            desk.pending.begin(deposit(amount)).release()
        capsys.readouterr()
        ending = interrupted(process, lambda: desk.run(AtmConsole.settle_all), line, SIGNALS[line % 2])
        if ending is None:
            break
        told, left = capsys.readouterr().err.count("the bank answered: ok"), len(desk.records())
        seen.add((told, left))
        assert told + left >= 2, (line, ending)
        assert told == 0 or left == 0 or REMEMBERED in ending[1] or "Still open: DEPOS 2.00." in ending[1], line
        desk.run(AtmConsole.settle_all)
        assert capsys.readouterr().err.count("the bank answered: ok") == left
        assert desk.balance == balance + 300
    assert seen == {(0, 2), (1, 2), (1, 1), (2, 1), (2, 0)}


def test_a_second_signal_does_not_cut_short_what_the_first_has_us_say(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, second in itertools.product(SIGNALS, SIGNALS):
        with monkeypatch.context() as patch:
            patch.setattr(NearAtm, "doubt_about", after_signal(second, NearAtm.doubt_about))
            with cut(patch, NearAtm, "_ask", number), pytest.raises(ChannelFailedError, match=REMEMBERED):
                desk.lines("DEPOS 5")
        signal.raise_signal(second)  # nor the telling of it, after the console
        signals_outside_the_program()
    assert len(desk.records()) == 4


def after_signal(number: int, real: Callable[..., Any]) -> Callable[..., Any]:
    def act(*arguments: Any) -> Any:
        signal.raise_signal(number)
        return real(*arguments)

    return act


@pytest.mark.parametrize("number", SIGNALS)
def test_nothing_is_asked_any_more_after_a_signal(desk: Desk, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """What waits for the bank has ended when the interruption is told: it would go on while the console leaves."""
    steps: list[str] = []

    async def ask(_atm: NearAtm, _request: AccountRequest) -> AccountReply:
        asyncio.get_running_loop().call_soon(signal.raise_signal, number)
        try:
            await asyncio.sleep(3600)
        finally:
            steps.append("asking ended")
        raise AssertionError("it was not cut short")

    async def close(_atm: NearAtm) -> None:
        steps.append("leaving")

    monkeypatch.setattr(NearAtm, "_ask", ask)
    monkeypatch.setattr(NearAtm, "close", close)
    with pytest.raises(ChannelFailedError, match=REMEMBERED):
        desk.lines("DEPOS 5")
    assert steps == ["asking ended", "leaving"]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_second_signal_ends_what_does_not_heed_the_first(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    steps: list[str] = []

    async def hang(_atm: NearAtm, _request: AccountRequest) -> AccountReply:
        for _ in range(2):
            signal.raise_signal(number)
        for _ in range(50):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)
        steps.append("given up by itself")
        raise asyncio.CancelledError

    async def close(_atm: NearAtm) -> None:
        steps.append("leaving")

    monkeypatch.setattr(NearAtm, "_ask", hang)
    monkeypatch.setattr(NearAtm, "close", close)
    with pytest.raises(ChannelFailedError, match=REMEMBERED):
        desk.lines("DEPOS 5")
    assert steps[0] == "leaving"
