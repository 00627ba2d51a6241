"""What the ATM says of requests that were sent and not answered: that they are open, repeated or completed."""

from pathlib import Path

from app.atm.pending.mark import BankMark
from app.atm.screen import in_words
from app.protocol.messages import Accepted, AccountReply, AccountRequest, CheckRequest
from app.protocol.money import format_amount
from app.system.output import printable


def about_damaged(path: Path) -> str:
    """Say what to do about a record that cannot be read."""
    return (
        f"A request was sent and not answered, and its record {printable(str(path))} cannot be read; "
        "compare the balance with what you expect, and remove the file."
    )


def about_settled(request: AccountRequest, reply: AccountReply) -> str:
    """Say what the bank answered to one that the console completed, whether it carried it out then or now."""
    when = " right after it" if isinstance(reply, Accepted) else ""
    return f"{in_short(request)} was cut short before; the bank answered: {in_words(reply)}{when}."


def about_repeated(request: AccountRequest, reply: AccountReply) -> str:
    """Say of a command that it completes an earlier one, whether the bank carried that out then or now."""
    repeated = f"Repeated: {in_short(request)}, which was cut short before."
    if not isinstance(reply, Accepted):
        return repeated
    return f"{repeated} The money moves once; the balance is the one right after it."


def about_open(requests: list[AccountRequest]) -> str:
    """Say how to complete what is open at this bank."""
    which = ", ".join(map(in_short, requests))
    if len(requests) == 1:
        return (
            f"Still open: {which}. Run the same command again with this card, or open the console, to complete it; "
            "the money moves once."
        )
    return (
        f"Still open: {which}. Run one of these commands again with this card to complete it, or open the console to "
        "complete all; the money moves once."
    )


def about_open_elsewhere(request: AccountRequest, mark: BankMark) -> str:
    """Say how to complete what is open at another bank."""
    return (
        f"Still open at another bank ({mark}): {in_short(request)}. Run the same command there again, with this card, "
        "to complete it; the money moves once."
    )


def in_short(request: AccountRequest) -> str:
    """Name a request: its type, and the amount if it has one."""
    return request.type if isinstance(request, CheckRequest) else f"{request.type} {format_amount(request.amount)}"
