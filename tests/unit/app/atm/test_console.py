"""What the ATM says of the requests of earlier processes, and of answers that it cannot tell."""

import errno
import os
from pathlib import Path

import pytest

from app.protocol.messages import AccountRequest, CheckRequest, WithdrawRequest, new_request_id
from app.system.errors import UserError
from tests.unit.app.atm.desk import Desk, deposit


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
    desk.settle_all()
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
    desk.settle_all()
    assert capsys.readouterr().err == (
        "WITHD 20.00 was cut short before; the bank answered: refused: there is not enough money in the account.\n"
    )
