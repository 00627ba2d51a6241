"""What a person can ask of the ATM, as the console and the command line read it."""

from typing import Final

from app.protocol.messages import AccountRequest, CheckRequest, DepositRequest, WithdrawRequest, new_request_id
from app.protocol.money import parse_amount
from app.system.errors import InputError, excerpt

HELP: Final = """\
CHECK           the balance
DEPOS amount    deposit, as DEPOS 50 or DEPOS 12.34
WITHD amount    withdraw
HELP            this
QUIT            leave"""

_BLANK: Final = " \t\r\n"
_WORDS: Final = {"check": "CHECK", "deposit": "DEPOS", "withdraw": "WITHD"}


class NotUnderstoodError(InputError):
    """What was typed is no command. `command` is its first word, if that is a command's; `error` is for programs."""

    def __init__(self, sentence: str, command: str = "ERROR", error: str = "unknown-command") -> None:
        super().__init__(sentence)
        self.command = command
        self.error = error


def read_command(line: str) -> AccountRequest | str:
    """Understand one line: a request, "HELP" or "QUIT". Raises NotUnderstoodError."""
    word, _, rest = line.strip(_BLANK).replace("\t", " ").partition(" ")
    command, amount = word.upper() if word.isascii() else word, rest.strip(_BLANK)
    if not command:
        raise NotUnderstoodError("That line is empty; type HELP for what the ATM understands.", error="empty-line")
    if command in ("CHECK", "HELP", "QUIT"):
        if amount:
            raise NotUnderstoodError(
                f"{command} takes nothing after it; type {command} alone.", command, "unexpected-argument"
            )
        return CheckRequest(id=new_request_id()) if command == "CHECK" else command
    if command not in ("DEPOS", "WITHD"):
        raise NotUnderstoodError(f"{excerpt(word)} is no command; type HELP for what the ATM understands.")
    if not amount:
        raise NotUnderstoodError(f"How much? Type {command} and an amount, as {command} 50.", command, "no-amount")
    return _money_request(command, amount)


def read_action(action: str, amount: str | None) -> AccountRequest:
    """Understand `check`, `deposit AMOUNT` or `withdraw AMOUNT` of the command line. Raises InputError."""
    if action not in _WORDS:
        raise InputError(f"{excerpt(action)} is no request; the ATM knows check, deposit AMOUNT and withdraw AMOUNT.")
    if action == "check":
        if amount is not None:
            raise InputError("check takes nothing after it; leave out what stands there.")
        return CheckRequest(id=new_request_id())
    if amount is None:
        raise InputError(f"How much? Write {action} AMOUNT, such as {action} 12.34.")
    return _money_request(_WORDS[action], amount)


def _money_request(command: str, amount: str) -> AccountRequest:
    try:
        minor_units = parse_amount(amount)
    except InputError as error:
        raise NotUnderstoodError(str(error), command, "invalid-amount") from None
    make = DepositRequest if command == "DEPOS" else WithdrawRequest
    return make(id=new_request_id(), amount=minor_units)
