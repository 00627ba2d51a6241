"""What the console shows when it all but works."""

import asyncio
from typing import cast

import pytest

from app.atm import Atm, UnforgottenError
from app.console import AtmConsole
from app.errors import FileError
from app.messages import Accepted, AccountReply, AccountRequest, DepositRequest, new_request_id
from app.screen import Screen


class ForgetfulAtm:
    """Its bank answers, and its disk takes no more."""

    def unanswered(self) -> list[object]:
        return []

    def damaged(self) -> list[object]:
        return []

    async def ask(self, request: AccountRequest) -> AccountReply:
        reply = Accepted(type=request.type, id=request.id, balance=1234)
        raise UnforgottenError(reply, FileError("The record cannot be removed; check the disk."))


def test_an_answer_is_shown_although_its_request_cannot_be_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    with asyncio.Runner() as runner:
        console = AtmConsole(cast("Atm", ForgetfulAtm()), Screen(as_json=False), runner)
        with pytest.raises(UnforgottenError, match=r"check the disk\. The bank has answered"):
            console.ask_once(DepositRequest(id=new_request_id(), amount=1))
    assert capsys.readouterr().out == "DEPOS ok, balance 12.34\n"
